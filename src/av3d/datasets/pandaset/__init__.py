"""PandaSet: Hesai and Scale AI, 2020. Layout and conventions: docs/formats/pandaset.md."""

from av3d.datasets.pandaset.dataset import PandaSet

DATASET = PandaSet()
"""What the entry point `av3d.datasets` names."""
