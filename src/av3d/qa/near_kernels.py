"""The compiled loop over the points around a cuboid, for `av3d.qa.near_points`. See `av3d.compiling`."""

from __future__ import annotations

import math

import numpy as np

from av3d.compiling import compiled
from av3d.qa.point_kernels import MM, Float32, Float64, Int16, Int32, Uint8

BINS = 80
BIN_M = 0.05
THIRD = 3
ASIDE, ASIDE_M, STRIP_M = 0.35, 1.0, 0.4
"""Beside the object: from this part of its size, or so many metres, outwards, so wide. A cuboid of three
fifths of an object's size leaves less of it outside."""
WALL = 0.6
"""Points beside it, of those outside of it, both per metre."""
WIDEST_M = 0.5
"""Wider gaps part objects, however few points there are."""


@compiled("int64(int32[::1], int32)")
def place_of(keys: Int32, key: int) -> int:
    """Where a key is among sorted ones, -1 if it is not there."""
    low, high = 0, len(keys)
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < len(keys) and keys[low] == key else -1


@compiled("boolean(float64[:,::1], int32[::1], int64, float64, float64, float64, float64)")
def in_any(
    cuboids: Float64, rows: Int32, count: int, x: float, y: float, z: float, skin_m: float
) -> bool:
    """Whether a point is in one of the first `count` of `rows` of cuboids, grown by a skin."""
    for k in range(count):
        c = cuboids[rows[k]]
        dx, dy, dz = x - c[0], y - c[1], z - c[2]
        if (
            abs(c[3] * dx + c[6] * dy + c[9] * dz) <= c[12] + skin_m
            and abs(c[4] * dx + c[7] * dy + c[10] * dz) <= c[13] + skin_m
            and abs(c[5] * dx + c[8] * dy + c[11] * dz) <= c[14] + skin_m
        ):
            return True
    return False


@compiled("void(float64[:,::1], int64, float64[::1])")
def ground_under(points: Float64, count: int, out: Float64) -> None:
    """The height of the ground at the origin, by a plane through points around it.

    Points count by weights that fall with the distance from the plane, faster above it than below: what
    is not ground stands on it; the plane is level as far as the points do not say otherwise.

    Args:
        points: x, y, z from the place, and weight, (N, 4).
        count: how many of them.
        out: height at the origin, its standard deviation, and the slopes along x and y, (4,); NaN if it
            cannot be said.
    """
    out[:] = np.nan
    if count < 8:
        return
    # Starts from the median, which a few points of what stands there do not move.
    middle = np.median(points[:count, 2])
    plane = np.array([middle, 0.0, 0.0])
    scale = 0.3
    inverse = np.zeros((3, 3))
    spread, weight_sum = 0.0, 0.0
    for _ in range(6):
        moments = np.zeros((3, 3))
        right = np.zeros(3)
        moments[1, 1] = moments[2, 2] = 1.0
        spread = weight_sum = 0.0
        row = np.ones(3)
        for k in range(count):
            row[1], row[2] = points[k, 0], points[k, 1]
            off = points[k, 2] - (plane[0] + plane[1] * row[1] + plane[2] * row[2])
            scaled = (1.5 * off if off > 0 else off) / scale
            weight = points[k, 3] / (1.0 + scaled * scaled) ** 2
            for i in range(3):
                right[i] += weight * row[i] * points[k, 2]
                for j in range(3):
                    moments[i, j] += weight * row[i] * row[j]
            spread += weight * off * off
            weight_sum += weight
        if moments[0, 0] < 1e-6:
            return
        inverse = np.linalg.inv(moments)
        plane = inverse @ right
        scale = max(0.06, scale / 2)
    spread_m = max(0.03, math.sqrt(spread / weight_sum))
    out[0] = plane[0]
    out[1] = spread_m * math.sqrt(inverse[0, 0]) + 0.02
    out[2], out[3] = plane[1], plane[2]


@compiled(
    "void(float64[:,::1], float64[:,::1], int32[::1], int32[::1], int32[::1], int16[:,::1], uint8[::1], "
    "float64[::1], float32[:,::1])"
)
def around_cuboids(
    cuboids: Float64,
    others: Float64,
    own: Int32,
    keys: Int32,
    offsets: Int32,
    points_mm: Int16,
    ground: Uint8,
    numbers: Float64,
    out: Float32,
) -> None:
    """What the points in and around cuboids say.

    Args:
        cuboids: rows in the ego frame, (T, 15).
        others: all cuboids of the frame, (N, 15).
        own: row of each cuboid in `others`, -1 for none, (T,).
        keys: of the kept cells, see `av3d.qa.near_points.NearPoints`.
        offsets: first point of each cell.
        points_mm: the points, from the middles of their cells.
        ground: 1 where a point is ground.
        numbers: side of a cell in metres, cells per side, how far ground is looked for, how far points
            outside may be at least and how much farther per metre of size, height above the bottom
            below which points may be ground, gap in what belongs together and how much wider it is per
            metre of range, skin of other cuboids, (9,).
        out: (T, 25), filled in: points inside, those of them above the ground, those of these that are in
            no other cuboid; points outside of front, back, left, right and top that go on from inside;
            how far they reach; how far the outermost points inside are from these faces; height of the
            bottom over the ground, and its standard deviation; points outside of each of these faces in
            all, whether they go on from inside or not.
    """
    cell_m, cells = numbers[0], int(numbers[1])
    ground_reach_m, least_m, per_size = numbers[2], numbers[3], numbers[4]
    low_m, gap_m, gap_per_m, skin_m = numbers[5], numbers[6], numbers[7], numbers[8]
    half_cells = cells / 2.0
    ground_points = np.empty((512, 4))
    bins = np.zeros((5, 2 * BINS), dtype=np.int32)
    nearest = np.empty((5, THIRD))
    horizon = np.zeros(5)
    aside = np.zeros((4, 2))
    aside_m = np.zeros(2)
    near = np.empty(others.shape[0], dtype=np.int32)
    local = np.zeros(3)
    fit = np.zeros(4)
    for t in range(cuboids.shape[0]):
        c = cuboids[t]
        half = c[12:15]
        out[t, :] = 0.0
        bins[:] = 0
        aside[:] = 0.0
        for axis in range(2):
            aside_m[axis] = min(ASIDE * 2 * half[axis], ASIDE_M)
        nearest[:] = 1e9
        for face in range(5):
            size = 2 * half[face // 2]
            horizon[face] = min(least_m + per_size * size, BINS * BIN_M)
        reach = max(ground_reach_m, horizon[0], horizon[2])
        radius = math.sqrt(half[0] ** 2 + half[1] ** 2 + half[2] ** 2)
        near_count = 0
        for k in range(others.shape[0]):
            if k == own[t]:
                continue
            o = others[k]
            apart = radius + reach + math.sqrt(o[12] ** 2 + o[13] ** 2 + o[14] ** 2)
            if (o[0] - c[0]) ** 2 + (o[1] - c[1]) ** 2 <= apart * apart:
                near[near_count] = k
                near_count += 1
        span_x = abs(c[3]) * half[0] + abs(c[4]) * half[1] + abs(c[5]) * half[2] + reach
        span_y = abs(c[6]) * half[0] + abs(c[7]) * half[1] + abs(c[8]) * half[2] + reach
        first_x = max(math.floor((c[0] - span_x) / cell_m + half_cells), 0)
        last_x = min(math.floor((c[0] + span_x) / cell_m + half_cells), cells - 1)
        first_y = max(math.floor((c[1] - span_y) / cell_m + half_cells), 0)
        last_y = min(math.floor((c[1] + span_y) / cell_m + half_cells), cells - 1)
        bottom = np.empty(3)
        for k in range(3):
            bottom[k] = c[k] - c[5 + 3 * k] * half[2]
        total = 0
        for cell_x in range(first_x, last_x + 1):
            for cell_y in range(first_y, last_y + 1):
                place = place_of(keys, cell_x * cells + cell_y)
                if place >= 0:
                    total += offsets[place + 1] - offsets[place]
        step = 1 + total // 2048
        picked = 0
        passed = 0
        for cell_x in range(first_x, last_x + 1):
            for cell_y in range(first_y, last_y + 1):
                place = place_of(keys, cell_x * cells + cell_y)
                if place < 0:
                    continue
                middle_x = (cell_x + 0.5 - half_cells) * cell_m
                middle_y = (cell_y + 0.5 - half_cells) * cell_m
                for index in range(offsets[place], offsets[place + 1]):
                    passed += 1
                    x = middle_x + MM * points_mm[index, 0]
                    y = middle_y + MM * points_mm[index, 1]
                    z = MM * points_mm[index, 2]
                    for k in range(3):
                        local[k] = (
                            c[3 + k] * (x - c[0]) + c[6 + k] * (y - c[1]) + c[9 + k] * (z - c[2])
                        )
                    beyond_x = abs(local[0]) - half[0]
                    beyond_y = abs(local[1]) - half[1]
                    beyond_z = abs(local[2]) - half[2]
                    inside = beyond_x <= 0 and beyond_y <= 0 and beyond_z <= 0
                    if inside:
                        out[t, 0] += 1
                    if ground[index]:
                        # Not under what stands there: undersides of cars may pass for ground.
                        away = max(beyond_x, beyond_y)
                        if (
                            0 < away < ground_reach_m
                            and passed % step == 0
                            and picked < 512
                            and not in_any(others, near, near_count, x, y, z, skin_m)
                        ):
                            ground_points[picked, 0] = x - bottom[0]
                            ground_points[picked, 1] = y - bottom[1]
                            ground_points[picked, 2] = z - bottom[2]
                            ground_points[picked, 3] = 1.0 / (1.0 + 4.0 * away * away)
                            picked += 1
                        continue
                    if inside:
                        out[t, 1] += 1
                        if not in_any(others, near, near_count, x, y, z, 0.0):
                            out[t, 2] += 1
                        for face in range(5):
                            sign = 1.0 if face % 2 == 0 else -1.0
                            depth = half[face // 2] - sign * local[face // 2]
                            if depth < BINS * BIN_M:
                                bins[face, BINS - 1 - int(depth / BIN_M)] += 1
                            if depth < nearest[face, 0]:
                                nearest[face, 2] = nearest[face, 1]
                                nearest[face, 1] = nearest[face, 0]
                                nearest[face, 0] = depth
                            elif depth < nearest[face, 1]:
                                nearest[face, 2] = nearest[face, 1]
                                nearest[face, 1] = depth
                            elif depth < nearest[face, 2]:
                                nearest[face, 2] = depth
                        continue
                    # Just outside of one face, and within the others.
                    face = -1
                    far = 0.0
                    if beyond_x > 0 and beyond_y <= 0 and beyond_z <= 0:
                        face = 0 if local[0] > 0 else 1
                        far = beyond_x
                    elif beyond_y > 0 and beyond_x <= 0 and beyond_z <= 0:
                        face = 2 if local[1] > 0 else 3
                        far = beyond_y
                    elif beyond_z > 0 and local[2] > 0 and beyond_x <= 0 and beyond_y <= 0:
                        face = 4
                        far = beyond_z
                    if face < 0 and beyond_z <= 0 and local[2] >= low_m - half[2]:
                        for axis in range(2):
                            beyond = beyond_x if axis == 0 else beyond_y
                            across = (beyond_y if axis == 0 else beyond_x) - aside_m[1 - axis]
                            side = 2 * axis + (0 if local[axis] > 0 else 1)
                            if (
                                0 < beyond < horizon[side]
                                and 0 < across < STRIP_M
                                and not in_any(others, near, near_count, x, y, z, skin_m)
                            ):
                                aside[side, 0 if local[1 - axis] > 0 else 1] += 1.0
                    if face < 0 or far >= horizon[face] or local[2] < low_m - half[2]:
                        continue
                    if in_any(others, near, near_count, x, y, z, skin_m):
                        continue
                    bins[face, BINS + int(far / BIN_M)] += 1
                    out[t, 20 + face] += 1
        range_m = math.sqrt(c[0] ** 2 + c[1] ** 2)
        gap_bins = int((gap_m + gap_per_m * range_m) / BIN_M)
        widest_bins = max(gap_bins, int(WIDEST_M / BIN_M))
        for face in range(5):
            count = 0
            last = -1
            # What is outside belongs to the object if it goes on from what is inside, with gaps as there
            # are inside: along a side that beams graze, points are far apart.
            empty = 0
            most = gap_bins
            if out[t, 1] >= 5:
                while empty < BINS and bins[face, BINS - 1 - empty] == 0:
                    empty += 1
                run = 0
                for k in range(BINS - 1 - empty, -1, -1):
                    run = run + 1 if bins[face, k] == 0 else 0
                    if k > 0 and bins[face, k] == 0 and bins[face, k - 1] > 0:
                        most = max(most, min(run, widest_bins))
                if empty > most:
                    empty = BINS * 2
            for k in range(int(horizon[face] / BIN_M)):
                if bins[face, BINS + k] == 0:
                    empty += 1
                    if empty > most:
                        break
                else:
                    empty = 0
                    count += bins[face, BINS + k]
                    last = k
            # What goes on as densely beside the object, if only on one side, is a wall or a hedge.
            if face < 4:
                width = 2 * half[1 - face // 2]
                if max(aside[face, 0], aside[face, 1]) / STRIP_M > WALL * count / width:
                    count, last = 0, -1
            out[t, 3 + face] = count
            out[t, 8 + face] = (last + 1) * BIN_M
            out[t, 13 + face] = nearest[face, 2] if nearest[face, 2] < 1e8 else np.nan
        ground_under(ground_points, picked, fit)
        steep = math.sqrt(1.0 + fit[2] ** 2 + fit[3] ** 2)
        out[t, 18] = -fit[0] / steep
        out[t, 19] = fit[1]
