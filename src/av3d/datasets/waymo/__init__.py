"""Waymo Open Dataset, Perception, version 2: components in Parquet. See docs/formats/waymo.md."""

from av3d.datasets.waymo.dataset import Waymo

DATASET = Waymo()
"""What the entry point `av3d.datasets` names."""
