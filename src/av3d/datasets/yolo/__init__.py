"""YOLO in the layout of Ultralytics: one text file of 2D boxes per image."""

from av3d.datasets.yolo.dataset import Yolo

DATASET = Yolo()
