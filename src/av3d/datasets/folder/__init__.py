"""av3d's own log format: a plain folder with TOML, CSV, point files and images.

The layout is in docs/formats/folder.md, the tracks file in docs/formats/tracks-json.md.
"""

from av3d.datasets.folder.dataset import DATASET, FolderDataset

__all__ = ["DATASET", "FolderDataset"]
