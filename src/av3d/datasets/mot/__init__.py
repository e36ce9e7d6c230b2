"""MOTChallenge: one sequence of 2D boxes with identities per log and camera."""

from av3d.datasets.mot.dataset import Mot

DATASET = Mot()
