"""People on foot and on bicycles, from rounded limbs; frame: x forward, floor at the origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from av3d.simulate.mesh import Color, Material, Mesh, ellipsoid, ring, tube
from av3d.types import FloatArray, IntArray

GAIT_STEPS = 16
"""Meshes per double step (or turn of the pedals)."""

SIDES = 10
"""Corners around a limb."""


@dataclass(frozen=True)
class Clothes:
    """Colours of one person.

    Attributes:
        bag: colour of a backpack, or None.
    """

    skin: Color
    hair: Color
    top: Color
    legs: Color
    shoes: Color
    bag: Color | None = None


class _Limb(NamedTuple):
    """A capsule between two points with a radius at either end."""

    start: FloatArray
    end: FloatArray
    start_radius: float
    end_radius: float
    tint: Color


class _Ball(NamedTuple):
    """An axis-aligned ellipsoid."""

    center: FloatArray
    radii: FloatArray
    tint: Color


def _limb(a: npt.ArrayLike, b: npt.ArrayLike, r0: float, r1: float, tint: Color) -> _Limb:
    return _Limb(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64), r0, r1, tint)


def _ball(center: npt.ArrayLike, radii: npt.ArrayLike, tint: Color) -> _Ball:
    return _Ball(np.asarray(center, dtype=np.float64), np.asarray(radii, dtype=np.float64), tint)


def _body(parts: Sequence[_Limb | _Ball]) -> Mesh:
    """All limbs and balls as one mesh; made together, because a street has thousands of them."""
    limbs = [part for part in parts if isinstance(part, _Limb)]
    balls = [part for part in parts if isinstance(part, _Ball)]
    points, normals = _limb_surface(limbs)
    ball_points, ball_normals = _ball_surface(balls)
    shape = _lattice_triangles(points.shape[1], points.shape[2])
    ball_shape = _lattice_triangles(ball_points.shape[1], ball_points.shape[2])
    meshes = []
    for at, normal, triangles, group in (
        (points, normals, shape, limbs), (ball_points, ball_normals, ball_shape, balls),
    ):  # fmt: skip
        size = at.shape[1] * at.shape[2]
        index = np.arange(len(group))[:, None, None] * size + triangles
        count = len(triangles)
        meshes.append(
            Mesh(
                at.reshape(-1, 3),
                normal.reshape(-1, 3),
                np.zeros((len(group) * size, 2)),
                index.reshape(-1, 3),
                np.full(len(group) * count, int(Material.CLOTH)),
                np.repeat(np.array([part.tint for part in group]), count, axis=0),
            )
        )
    return Mesh.join(meshes)


def _limb_surface(limbs: Sequence[_Limb]) -> tuple[FloatArray, FloatArray]:
    """Points and normals of capsules on a lattice, (N, SIDES + 1, 8, 3)."""
    start = np.array([limb.start for limb in limbs])
    line = np.array([limb.end for limb in limbs]) - start
    length = np.linalg.norm(line, axis=1)
    axis = line / length[:, None]
    upright = np.abs(axis[:, 2:3]) > 0.9
    side = np.cross(np.where(upright, [1.0, 0, 0], [0, 0, 1.0]), axis)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(axis, side)
    angle = np.linspace(0, 2 * np.pi, SIDES + 1)
    circle = (
        np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * other[:, None]
    )  # (N, SIDES + 1, 3)
    bend = np.linspace(-np.pi / 2, 0, 4)
    bend = np.concatenate([bend, -bend[::-1]])
    at_end = np.arange(8) >= 4
    radius = np.where(
        at_end,
        np.array([limb.end_radius for limb in limbs])[:, None],
        np.array([limb.start_radius for limb in limbs])[:, None],
    )
    along = np.where(at_end, length[:, None], 0.0) + np.sin(bend) * radius
    normal = (
        np.cos(bend)[None, None, :, None] * circle[:, :, None]
        + np.sin(bend)[None, None, :, None] * axis[:, None, None]
    )
    reach = (np.cos(bend) * radius)[:, None, :, None]
    points = (
        start[:, None, None]
        + along[:, None, :, None] * axis[:, None, None]
        + reach * circle[:, :, None]
    )
    return points, normal


def _ball_surface(balls: Sequence[_Ball]) -> tuple[FloatArray, FloatArray]:
    """Points and normals of ellipsoids on a lattice, (N, 10, 15, 3)."""
    polar, around = np.linspace(0, np.pi, 10), np.linspace(0, 2 * np.pi, 15)
    p, a = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(p) * np.cos(a), np.sin(p) * np.sin(a), np.cos(p)], axis=-1)
    radii = np.array([ball.radii for ball in balls])[:, None, None]
    normal = unit / radii
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    center = np.array([ball.center for ball in balls])[:, None, None]
    return center + unit * radii, normal


def _lattice_triangles(rows: int, columns: int) -> IntArray:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    return np.concatenate(
        [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    )


def pedestrian_mesh(height_m: float, clothes: Clothes, phase: float, swing: float = 1.0) -> Mesh:
    """A person at one moment of a step.

    Args:
        height_m: body height.
        clothes: colours.
        phase: part of a double step, 0 to 1.
        swing: 1 for walking, 0 for standing.
    """
    h = height_m
    angle = 2 * np.pi * phase
    bob = 0.012 * h * swing * np.cos(2 * angle)
    hip_z, shoulder_z = 0.515 * h + bob - 0.012 * h * swing, 0.8 * h + bob - 0.012 * h * swing
    parts: list[_Limb | _Ball] = []
    for side in (1, -1):
        s = np.sin(angle) * side
        thigh = swing * (0.42 * s + 0.06)
        knee = swing * (0.15 + 0.55 * max(0.0, float(np.cos(angle) * side)))
        hip = np.array([0, side * 0.052 * h, hip_z])
        knee_at = hip + 0.245 * h * np.array([np.sin(thigh), 0, -np.cos(thigh)])
        shin = thigh - knee
        ankle = knee_at + 0.235 * h * np.array([np.sin(shin), 0, -np.cos(shin)])
        ankle[2] = max(ankle[2], 0.045 * h)
        toe = ankle + np.array([0.085 * h, 0, -0.022 * h])
        toe[2] = max(toe[2], 0.018 * h)
        heel = ankle + np.array([-0.018 * h, 0, -0.022 * h])
        heel[2] = max(heel[2], 0.02 * h)
        parts += [
            _limb(hip, knee_at, 0.052 * h, 0.036 * h, clothes.legs),
            _limb(knee_at, ankle, 0.035 * h, 0.024 * h, clothes.legs),
            _limb(heel, toe, 0.02 * h, 0.018 * h, clothes.shoes),
        ]
        arm = -swing * 0.5 * s
        shoulder = np.array([0, side * 0.108 * h, shoulder_z - 0.012 * h])
        elbow = shoulder + 0.17 * h * np.array([np.sin(arm), side * 0.16, -np.cos(arm)])
        bend = arm + 0.25 + 0.2 * swing
        wrist = elbow + 0.14 * h * np.array([np.sin(bend), -side * 0.05, -np.cos(bend)])
        hand = wrist + 0.035 * h * np.array([np.sin(bend), 0, -np.cos(bend)])
        parts += [
            _limb(shoulder, elbow, 0.03 * h, 0.025 * h, clothes.top),
            _limb(elbow, wrist, 0.024 * h, 0.018 * h, clothes.top),
            _limb(wrist, hand, 0.017 * h, 0.015 * h, clothes.skin),
        ]
    middle = (hip_z + shoulder_z) / 2
    parts += [
        _ball((0, 0, hip_z + 0.02 * h), (0.062 * h, 0.088 * h, 0.075 * h), clothes.legs),
        _ball((0, 0, middle + 0.01 * h), (0.062 * h, 0.088 * h, 0.15 * h), clothes.top),
        _ball((0, 0, shoulder_z - 0.05 * h), (0.064 * h, 0.112 * h, 0.085 * h), clothes.top),
        _limb((0, 0, shoulder_z), (0.008 * h, 0, 0.87 * h), 0.03 * h, 0.027 * h, clothes.skin),
        _ball((0.012 * h, 0, 0.925 * h + bob), (0.052 * h, 0.043 * h, 0.062 * h), clothes.skin),
        _ball((-0.004 * h, 0, 0.945 * h + bob), (0.054 * h, 0.047 * h, 0.055 * h), clothes.hair),
    ]
    if clothes.bag is not None:
        parts.append(
            _ball((-0.085 * h, 0, 0.7 * h), (0.055 * h, 0.085 * h, 0.115 * h), clothes.bag)
        )
    return _body(parts)


def cyclist_mesh(height_m: float, clothes: Clothes, frame: Color, phase: float) -> Mesh:
    """A person riding a bicycle, at one moment of the pedals' turn; fills about 1.75 m length."""
    wheel = 0.34
    rear, front = np.array([-0.52, 0, wheel]), np.array([0.52, 0, wheel])
    crank, seat = np.array([-0.08, 0, 0.29]), np.array([-0.24, 0, 0.92])
    head, bar = np.array([0.36, 0, 0.86]), np.array([0.38, 0, 1.02])
    bicycle: list[Mesh] = []
    parts: list[_Limb | _Ball] = []

    def metal(a: FloatArray, b: FloatArray, r: float = 0.019, tint: Color = frame) -> None:
        bicycle.append(tube(a, b, r, material=Material.METAL, tint=tint, sides=8))

    for hub in (rear, front):
        bicycle.append(
            ring(hub, wheel - 0.018, 0.018, material=Material.RUBBER, tint=(0.02, 0.02, 0.02))
        )
        for spoke in range(6):
            angle = np.pi * spoke / 6 - phase * 2 * np.pi / 2.5
            reach = (wheel - 0.03) * np.array([np.cos(angle), 0, np.sin(angle)])
            metal(hub - reach, hub + reach, 0.004, (0.5, 0.5, 0.5))
    metal(crank, seat)
    metal(crank, head)
    metal(seat * 0.88 + crank * 0.12, head)
    metal(rear, crank)
    metal(rear, seat * 0.88 + crank * 0.12)
    metal(front, bar)
    metal(bar + [0, 0.26, 0], bar + [0, -0.26, 0], 0.016, (0.03, 0.03, 0.03))
    black: Color = (0.02, 0.02, 0.02)
    bicycle.append(ellipsoid(seat, (0.13, 0.07, 0.035), material=Material.CLOTH, tint=black))
    h = height_m
    hip = seat + [0.0, 0, 0.1]
    shoulder = hip + 0.29 * h * np.array([np.sin(0.62), 0, np.cos(0.62)])
    for side in (1, -1):
        angle = 2 * np.pi * phase + (0 if side > 0 else np.pi)
        pedal = crank + [0.16 * np.cos(angle), side * 0.12, -0.16 * np.sin(angle)]
        metal(crank + [0, side * 0.06, 0], pedal, 0.014, (0.1, 0.1, 0.1))
        joint = hip + [0, side * 0.09, 0]
        ankle = pedal + [-0.05, 0, 0.09]
        knee = _knee(joint, ankle, 0.25 * h, 0.25 * h)
        wrist = bar + [-0.02, side * 0.24, 0.02]
        top = shoulder + [0, side * 0.18, -0.03]
        elbow = (top + wrist) / 2 + [-0.02, side * 0.05, -0.07]
        parts += [
            _limb(joint, knee, 0.078, 0.055, clothes.legs),
            _limb(knee, ankle, 0.052, 0.036, clothes.legs),
            _limb(ankle + [-0.03, 0, -0.04], ankle + [0.14, 0, -0.05], 0.034, 0.03, clothes.shoes),
            _limb(top, elbow, 0.05, 0.04, clothes.top),
            _limb(elbow, wrist, 0.038, 0.03, clothes.top),
            _ball(wrist, (0.045, 0.035, 0.03), clothes.skin),
        ]
    neck = shoulder + [0.05, 0, 0.06]
    skull = neck + [0.06, 0, 0.13]
    parts += [
        _ball(hip + [0.01, 0, 0.02], (0.12, 0.15, 0.12), clothes.legs),
        _limb(hip + [0.02, 0, 0.04], shoulder - [0.02, 0, 0.04], 0.125, 0.14, clothes.top),
        _ball(shoulder + [-0.02, 0, -0.03], (0.12, 0.19, 0.1), clothes.top),
        _limb(shoulder, skull, 0.05, 0.05, clothes.skin),
        _ball(skull + [0.01, 0, 0.02], (0.09, 0.075, 0.11), clothes.skin),
        _ball(skull + [-0.01, 0, 0.06], (0.115, 0.09, 0.085), clothes.hair),
    ]
    return Mesh.join([*bicycle, _body(parts)])


def _knee(hip: FloatArray, ankle: FloatArray, thigh_m: float, shin_m: float) -> FloatArray:
    """Where two bones meet, bent forwards."""
    line = ankle - hip
    distance = min(float(np.linalg.norm(line)), thigh_m + shin_m - 1e-3)
    unit = line / np.linalg.norm(line)
    along = (distance**2 + thigh_m**2 - shin_m**2) / (2 * distance)
    out = np.sqrt(max(thigh_m**2 - along**2, 0.0))
    forward = np.array([1.0, 0, 0]) - unit[0] * unit
    return np.asarray(hip + along * unit + out * forward / np.linalg.norm(forward))


def standing_bounds(meshes: list[Mesh]) -> tuple[FloatArray, FloatArray]:
    """Bounds that hold for all moments of a step."""
    low = np.min([mesh.bounds_m()[0] for mesh in meshes], axis=0)
    high = np.max([mesh.bounds_m()[1] for mesh in meshes], axis=0)
    return low, high
