"""Calibration files of other tools, read into pieces of a rig."""

from av3d.calibration.formats.formats import FORMATS, files_in, read_pieces
from av3d.calibration.formats.pieces import Pieces, Place, SensorFrame, assemble

__all__ = ["FORMATS", "Pieces", "Place", "SensorFrame", "assemble", "files_in", "read_pieces"]
