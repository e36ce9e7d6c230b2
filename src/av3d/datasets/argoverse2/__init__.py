"""Argoverse 2 sensor logs: Argo AI, 2021. Layout and conventions: docs/formats/argoverse2.md."""

from av3d.datasets.argoverse2.dataset import Argoverse2

DATASET = Argoverse2()
"""What the entry point `av2` names."""
