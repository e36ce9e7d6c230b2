"""Follow an object through sweeps: predict it, find it in its points, learn its shape, and go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from av3d.assist.ground import Ground
from av3d.assist.path import Path
from av3d.assist.registration import Fields, Registration, register, seen_after
from av3d.assist.shape import Shape
from av3d.assist.surroundings import Moving, Surroundings, thinned
from av3d.geometry.se3 import SE3, rotation_about_z
from av3d.ontology.motion import Motion
from av3d.types import NS_PER_S, FloatArray, IntArray

SEARCH = 2.0
"""The search is wider than the prediction says: its covariance times this, and ..."""
SEARCH_SIGMAS = np.array([0.1, 0.1, 0.05, np.radians(1.0)])
"""... this added, along, across, up (metres) and in yaw."""
WIDEST_M = 2.4
MARGIN_M = 0.1
"""Points so close to a registered cuboid are taken for its own."""
CLEARANCE_M, CLEARANCE = 0.3, 0.15
"""What is lower above the bottom of a cuboid, in metres or parts of its height, may be ground."""
CELL_M, MOST_POINTS = np.array([0.1, 0.1, 0.3]), 160
SHAPE_CELL_M, SHAPE_POINTS = 0.1, 1000
STILL = 0.1
"""Weight of a point that stands still where a moving object comes by."""
STILL_FRAMES, STILL_STEP, STILL_NS = 4, 3, 3 * NS_PER_S
"""To each side in time, sweeps that are asked whether a point stands still."""
DOUBT_M = 3.0
"""Largest doubt of where the object was that counts for that."""
WAY_M = 20.0
"""Part of the way for which points are cut out of a sweep at once."""
GATE = 18.5
"""Of the squared distance to the prediction in standard deviations: .999 of 4 degrees of freedom."""
AGREEMENT = 1.0
"""Least mean value of the points in the cuboid, see `Shape`."""
STANDING = np.array([0.05, 0.05, 0.05, np.radians(0.5)])
"""Where an object is looked for that stands, as standard deviations. Not wider: a wall beside it may have
more points than it has."""
FITTING, HARDLY_FITTING = 2.8, 1.7
"""Mean value of the points in the cuboid of an object that surely, or perhaps, stands where it stood."""
WELL_SEEN = 30
"""Points in a keyframe that tell a shape. By fewer, what fits at all is what stands there."""
AROUND = np.array([0.5, 0.3, 0.05, np.radians(4.0)])
"""Where one is looked for that perhaps does not stand any more."""
STILL_SHARE, SEEN_SHARE = 0.9, 0.6
"""Parts of the sweeps that must show it there, of those with points and of all."""
BESIDE = np.array([0.1, 0.1, 0.05, np.radians(2.0)])
"""Where an object is looked for that perhaps moves as the keyframes alone say, as standard deviations."""
NARROW_M = 1.2
"""People and two-wheelers are seen through; wider things only at their surface."""


UNSEEN = "too few points"
"""Why a sweep tells nothing."""


class Outcome(StrEnum):
    """What became of a sweep."""

    MEASURED = "measured"
    PREDICTED = "predicted"
    GATED = "gated"


@dataclass(frozen=True)
class Visit:
    """What a sweep gave.

    Attributes:
        outcome: MEASURED, or PREDICTED from the others, because there are too few points, or GATED:
            there was a result, which is not plausible.
        why: in words, where it was not measured.
        points: in the cuboid, after thinning out.
    """

    outcome: Outcome
    why: str = ""
    points: int = 0


class Follower:
    """An object that is followed.

    Args:
        path: its path, with keyframes measured.
        frames: frame of each pose of the path, -1 where it is of no sweep, (N,).
        keyframes: rows of the path that somebody vouches for.
        tilts: how the world's upright is tilted to the object's, (N, 3, 3).
        size_lwh_m: its size, (3,).
        surroundings: of its way.
        unaided: coordinates and their rates as the keyframes alone tell them, (N, 8), if they do.
    """

    def __init__(
        self,
        path: Path,
        frames: IntArray,
        keyframes: Sequence[int],
        tilts: FloatArray,
        size_lwh_m: FloatArray,
        surroundings: Surroundings,
        unaided: FloatArray | None = None,
    ) -> None:
        self.path = path
        self.visits: dict[int, Visit] = {}
        self._frames, self._keyframes = frames, keyframes
        self._tilts, self._size_lwh_m = tilts, size_lwh_m
        self._surroundings = surroundings
        self._unaided = unaided
        surroundings.way = self._way
        self._turns = path.motion is not Motion.LEGGED
        self._hollow = self._turns and float(size_lwh_m[1]) > NARROW_M
        self._ground = Ground(size_lwh_m)
        self._above_m = 0.0
        self._own: dict[int, FloatArray] = {}

    def follow(self, rounds: int) -> None:
        """Measure all sweeps.

        First from the surest prediction to the next, so from the keyframes on in both directions, with
        a shape that grows; then in rounds, each sweep with the shape and the prediction of the others.
        """
        self.path.smooth()
        self._learn_from_keyframes()
        if self._stands() or self._goes_as_expected():
            return
        self._first_round()
        for _ in range(rounds):
            self._next_round()

    def pose(self, row: int) -> SE3:
        """The pose by all that is known, local frame."""
        return self._pose(row, self.path.means[row])

    def _pose(self, row: int, state: FloatArray) -> SE3:
        return SE3(self._tilts[row] @ rotation_about_z(state[3]), state[:3])

    def _learn_from_keyframes(self) -> None:
        above: list[float] = []
        for row in self._keyframes:
            if self._frames[row] < 0:
                continue
            state = np.concatenate([self.path.values[row], self.path.means[row, 4:]])
            points, weights = self._points(row, state, np.zeros((4, 4)))
            self._own[row] = self._inside(points[weights > STILL], np.zeros(4))
            found = self._ground.above_bottom_m(
                int(self.path.times_ns[row]), self._pose(row, state)
            )
            if found is not None:
                above.append(found[0])
        # Some put the bottom on the ground, some a little above it; the next ones are alike.
        self._above_m = float(np.mean(above)) if above else 0.0

    def _stands(self) -> bool:
        """Whether keyframes and points say that the object does not move at all.

        If so, the path is that of an object that stands: what sweep after sweep of it measures has the
        same errors, those of its shape, and would only move it about.
        """
        path, rows = self.path, list(self._keyframes)
        always = path.motion is Motion.STATIC
        infos = np.linalg.inv(path.covariances[rows])
        total = infos.sum(axis=0)
        mean = np.linalg.solve(total, np.einsum("nij,nj->i", infos, path.values[rows]))
        off = path.values[rows] - mean
        agree = bool((np.einsum("ni,nij,nj->n", off, infos, off) <= GATE).all())
        if not always and (len(rows) < 2 or not agree):
            return False
        fields = Fields.of(self._shape(self._own))
        well_seen = max((len(points) for points in self._own.values()), default=0) >= WELL_SEEN
        hardly = HARDLY_FITTING if well_seen else AGREEMENT
        self.path.stand(mean, np.linalg.inv(total))
        fits = seen = 0
        for row in self._open():
            points, weights = self._points(row, self.path.means[row], np.diag(STANDING**2))
            thin, thin_weights = thinned(points, CELL_M, MOST_POINTS, weights)
            found = register(thin, thin_weights, fields, np.diag(STANDING**2), turns=self._turns)
            if found is None:
                self.visits[row] = Visit(Outcome.PREDICTED, UNSEEN)
                continue
            seen += 1
            fit = found.agreement > FITTING
            if not fit and found.agreement > hardly:
                # Few points on far objects; or it has gone a little, so that they are nearly on it.
                wide = register(thin, thin_weights, fields, np.diag(AROUND**2), turns=self._turns)
                fit = wide is not None and _is_near(wide)
            fits += fit
            self.visits[row] = Visit(Outcome.MEASURED, "", found.inside)
        if not always and (fits < STILL_SHARE * seen or seen < SEEN_SHARE * len(self.visits)):
            self.visits.clear()
            self.path.smooth()
            return False
        return True

    def _open(self) -> list[int]:
        known = set(self._keyframes)
        return [
            row for row in range(len(self._frames)) if self._frames[row] >= 0 and row not in known
        ]

    def _goes_as_expected(self) -> bool:
        """Whether a person is found close to where the keyframes alone expect them in nearly all sweeps.

        If so, they are measured there. People walk beside each other, and along walls and fences: whoever
        searches wider goes over to what has more points. A vehicle would fit many places along its side,
        so that this tells nothing of it.
        """
        if self._turns or self._unaided is None:
            return False
        fields = Fields.of(self._shape(self._own))
        near = [
            self._visit(row, self._unaided[row].copy(), np.diag(BESIDE**2), fields)
            for row in self._open()
        ]
        seen = sum(visit.why != UNSEEN for visit in self.visits.values())
        if sum(near) < STILL_SHARE * seen or seen < SEEN_SHARE * len(near):
            for row in self._open():
                self.path.measured[row] = False
                self._own.pop(row, None)
            self.visits.clear()
            return False
        self.path.smooth()
        return True

    def _first_round(self) -> None:
        shape = self._shape(self._own)
        fields = Fields.of(shape)
        todo = self._open()
        while todo:
            variances = self.path.variances[todo]
            row = todo.pop(int(np.argmin(variances[:, 0, 0] + variances[:, 1, 1])))
            state, spread = self.path.means[row].copy(), self.path.body_covariance(row)
            if self._visit(row, state, spread, fields):
                shape.add(self._own[row], vouched=False)
                fields = Fields.of(shape)
                self.path.smooth()

    def _next_round(self) -> None:
        # A sweep's own points in the shape would hold it where it was.
        fields = [
            Fields.of(self._shape({r: p for r, p in self._own.items() if self._votes(r, part)}))
            for part in (0, 1)
        ]
        expected = {row: self.path.without(row) for row in self._open()}
        for row, (state, spread) in expected.items():
            self._visit(row, state, spread, fields[row % 2])
        self.path.smooth()

    def _votes(self, row: int, part: int) -> bool:
        return row in self._keyframes or row % 2 != part

    def _shape(self, own: Mapping[int, FloatArray]) -> Shape:
        shape = Shape(self._size_lwh_m, hollow=self._hollow)
        for row, points in own.items():
            shape.add(points, vouched=row in self._keyframes)
        return shape

    def _visit(self, row: int, state: FloatArray, spread: FloatArray, fields: Fields) -> bool:
        """Measure one sweep; whether that went well."""
        spread = SEARCH * spread + np.diag(SEARCH_SIGMAS**2)
        points, weights = self._points(row, state, spread)
        thin, thin_weights = thinned(points, CELL_M, MOST_POINTS, weights)
        found = register(thin, thin_weights, fields, spread, turns=self._turns)
        self.visits[row] = visit = _judged(found, spread)
        self.path.measured[row] = False
        self._own.pop(row, None)
        if found is None or visit.outcome is not Outcome.MEASURED:
            return False
        self._own[row] = self._inside(points[weights > STILL], found.best)
        pose = self._pose(row, state)
        value = np.array([*pose.transform(found.step[:3]), state[3] + found.step[3]])
        covariance = found.covariance.copy()
        # Looked for at the height that the others tell, not where this sweep has just moved to.
        expected = value.copy()
        expected[2] = state[2]
        above = self._ground.above_bottom_m(
            int(self.path.times_ns[row]), self._pose(row, expected), self._above_m
        )
        if above is not None:
            value[2] = expected[2] + above[0] - self._above_m
            covariance[2, 2] = above[1] ** 2
        self.path.measure(row, value, covariance)
        return True

    def _points(
        self, row: int, state: FloatArray, spread: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Points around the object that are no ground, in the expected body frame, and weights."""
        pose, path = self._pose(row, state), self.path
        reach = self._size_lwh_m / 2 + 0.5
        reach += np.minimum(2.5 * np.sqrt(np.diag(spread)[:3]), WIDEST_M)
        reach[:2] += 0.6
        time_ns = int(path.times_ns[row])
        moving = Moving(pose, time_ns, state[4:7].copy(), float(state[7]))
        points = self._surroundings.around(int(self._frames[row]), moving, reach)
        self._ground.see(row, time_ns, points, pose)
        height_m = float(self._size_lwh_m[2])
        low_m = -height_m / 2 + min(CLEARANCE_M, CLEARANCE * height_m)
        points = points[(points[:, 2] > low_m) & (points[:, 2] < height_m / 2 + 0.2)]
        weights = np.ones(len(points))
        elsewhere = self._elsewhere(row, state)
        weights[self._surroundings.standing(points, pose, reach, elsewhere)] = STILL
        return points, weights

    def _elsewhere(self, row: int, state: FloatArray) -> list[int]:
        """Frames around a time at which the object was surely somewhere else."""
        path = self.path
        away_m = np.linalg.norm(path.means[:, :2] - state[:2], axis=1)
        doubt_m = np.sqrt(path.variances[:, 0, 0] + path.variances[:, 1, 1])
        surely_m = away_m - np.minimum(doubt_m, DOUBT_M)
        room_m = 0.5 * float(self._size_lwh_m[:2].sum()) + MARGIN_M
        close = np.abs(path.times_ns - path.times_ns[row]) < STILL_NS
        rows = np.flatnonzero(close & (self._frames >= 0) & (surely_m > room_m))
        before, after = rows[rows < row], rows[rows > row]
        many = STILL_FRAMES * STILL_STEP
        chosen = [*before[-many::STILL_STEP], *after[:many:STILL_STEP]]
        return [int(self._frames[other]) for other in chosen]

    def _way(self, frame_index: int) -> FloatArray:
        """Where a frame will be looked at, because the object is there around its time."""
        path = self.path
        rows = np.flatnonzero(self._frames == frame_index)
        close = np.abs(path.times_ns - path.times_ns[rows[0]]) < STILL_NS
        away_m = np.linalg.norm(path.means[:, :2] - path.means[rows[0], :2], axis=1)
        return path.means[close & (away_m < WAY_M), :3]

    def _inside(self, points: FloatArray, step: FloatArray) -> FloatArray:
        seen = seen_after(points, step)
        inside = (np.abs(seen) <= self._size_lwh_m / 2 + MARGIN_M).all(axis=1)
        return thinned(seen[inside], SHAPE_CELL_M, SHAPE_POINTS)[0]


def _is_near(found: Registration) -> bool:
    """Whether a registration is where it was expected, but for its own errors."""
    covariance = found.covariance + np.diag(SEARCH_SIGMAS**2)
    return float(found.step @ np.linalg.solve(covariance, found.step)) < GATE


def _judged(found: Registration | None, spread: FloatArray) -> Visit:
    if found is None:
        return Visit(Outcome.PREDICTED, UNSEEN)
    step = found.step
    distance = float(step @ np.linalg.solve(spread + found.covariance, step))
    if distance > GATE:
        why = f"{np.sqrt(distance):.1f} standard deviations from where it was expected"
        return Visit(Outcome.GATED, why, found.inside)
    if found.agreement < AGREEMENT:
        return Visit(Outcome.GATED, "its points do not fit its shape", found.inside)
    return Visit(Outcome.MEASURED, "", found.inside)
