"""KITTI raw data: drives with a time for every measurement, and their tracklets."""

from av3d.datasets.kitti.raw.dataset import KittiRaw

__all__ = ["KittiRaw"]
