"""Logs of the RoadScan recorder for av3d."""

from av3d_roadscan.dataset import DATASET

__all__ = ["DATASET"]
