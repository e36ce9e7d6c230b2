"""Where things are in a COCO export of av3d."""

from __future__ import annotations

ANNOTATIONS = "annotations/instances.json"
IMAGES = "images"

MARK = "av3d_coco"
"""Key of `info` in files that hold cuboids as well; its value is the version of that."""
VERSION = 1
