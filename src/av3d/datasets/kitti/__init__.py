"""The KITTI object and tracking benchmarks."""

from av3d.datasets.kitti.dataset import KittiObject, KittiTracking

TRACKING = KittiTracking()
OBJECT = KittiObject()

__all__ = ["OBJECT", "TRACKING", "KittiObject", "KittiTracking"]
