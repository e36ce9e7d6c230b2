"""The KITTI object and tracking benchmarks, and the raw data they were taken from."""

from av3d.datasets.kitti.dataset import KittiObject, KittiTracking
from av3d.datasets.kitti.raw import KittiRaw

TRACKING = KittiTracking()
OBJECT = KittiObject()
RAW = KittiRaw()

__all__ = ["OBJECT", "RAW", "TRACKING", "KittiObject", "KittiRaw", "KittiTracking"]
