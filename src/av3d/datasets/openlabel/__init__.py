"""ASAM OpenLABEL 1.0 labels; see docs/formats/openlabel.md."""

from av3d.datasets.openlabel.dataset import OpenLabel

DATASET = OpenLabel()

__all__ = ["DATASET", "OpenLabel"]
