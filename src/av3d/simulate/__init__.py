"""Makes logs with known truth: a street at a crossing, seen by a LiDAR and four cameras."""

from av3d.simulate.options import SimulateOptions, SimulationError
from av3d.simulate.simulator import SimulatedLog, simulate_log

__all__ = ["SimulateOptions", "SimulatedLog", "SimulationError", "simulate_log"]
