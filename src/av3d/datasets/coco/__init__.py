"""COCO files of videos: images, 2D boxes with identities, and the cuboids they come from."""

from av3d.datasets.coco.dataset import Coco

DATASET = Coco()
