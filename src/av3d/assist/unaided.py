"""What keyframes alone say of a track, and how it is joined with what points say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from av3d.geometry.se3 import SE3
from av3d.ontology.motion import Motion
from av3d.tracks.columns import KeyframeColumns
from av3d.tracks.interpolation import Model
from av3d.tracks.motion.fitting import motion_of
from av3d.tracks.motion.heading import split_heading
from av3d.tracks.motion.states import MotionStates
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray

CLOSEST_NS = 1_000_000
"""Two keyframes are at least this far apart on the clock of the beam."""
OF_POSE = [0, 1, 2, 5]
"""Along, across, up and yaw in the covariance of a pose."""
ROADS = np.array([0.0, 0.0, 0.04, 0.0])
"""Roads rise and fall between two keyframes more than these tell; the ground under the object shows it.
Standard deviations along, across, up and in yaw."""


@dataclass(frozen=True, eq=False)
class Unaided:
    """States by keyframes alone.

    Attributes:
        states: at the times when the beam passed, with covariances.
    """

    states: MotionStates

    @staticmethod
    def of(
        columns: KeyframeColumns, track: Track, motion: Motion, beam_ns: IntArray
    ) -> Unaided | None:
        """The motion of keyframes that are at the times of the beam; None if it tells no doubt.

        Args:
            columns: the keyframes.
            track: whose they are.
            motion: how the object can move.
            beam_ns: when states are asked for, (N,).
        """
        steps = np.arange(len(columns)) * CLOSEST_NS
        times_ns = np.maximum.accumulate(columns.times_ns - steps) + steps
        said = track.interpolation
        # What is straight for whoever draws it is no statement about how the object moved.
        model = Model.AUTOMATIC if said.model == Model.LINEAR else said.model
        asked = replace(said, model=model, moves=said.moves or motion)
        fitted = motion_of(replace(columns, times_ns=times_ns), asked, track.category)
        states = fitted.states(beam_ns)
        return None if states.covariances is None else Unaided(states)

    def coordinates(self, anchor_m: FloatArray, yaws_rad: FloatArray) -> FloatArray:
        """Centres relative to an anchor, yaws without jumps, and the rates of all four, (N, 8).

        Args:
            anchor_m: world frame, (3,).
            yaws_rad: yaws of about the same turns, (N,).
        """
        states = self.states
        yaws, _ = split_heading(states.rotations)
        yaws = yaws + 2 * np.pi * np.round((yaws_rad - yaws) / (2 * np.pi))
        return np.column_stack(
            [states.centers_m - anchor_m, yaws, states.velocities_m_s, states.yaw_rates_rad_s]
        )

    def joined(self, row: int, pose: SE3, sigmas: FloatArray) -> tuple[SE3, FloatArray]:
        """A pose that came from keyframes and points, joined with the one by keyframes alone.

        Each axis is weighted by how sure the two are. Both go back to the same keyframes, so that
        their errors are taken to be the same ones: the joined pose is no surer than the surer one.

        Args:
            row: of the state.
            pose: world frame.
            sigmas: its standard deviations along, across, up and in yaw, infinite where it tells
                nothing, (4,).

        Returns:
            The pose and its standard deviations (4,).
        """
        assert self.states.covariances is not None
        own = np.sqrt(np.diag(self.states.covariances[row])[OF_POSE] + ROADS**2)
        shift_m = pose.rotation.T @ (self.states.centers_m[row] - pose.translation_m)
        turn = pose.rotation.T @ self.states.rotations[row]
        yaw_rad = float(np.arctan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1]))
        part = 1 / (1 + (own / sigmas) ** 2)
        step = part * np.array([*shift_m, yaw_rad])
        moved = pose @ SE3.from_yaw(step[3], step[:3])
        known = np.where(np.isfinite(sigmas), sigmas, 0.0)  # what is not known has no part
        return moved, part * own + (1 - part) * known
