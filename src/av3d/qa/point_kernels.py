"""Compiled loops of `av3d.qa.near_points`. Importing this compiles them, see `av3d.compiling`.

Cuboids come as rows of 15 numbers in the ego frame: centre (3), orientation ego from cuboid by rows (9),
half of length, width and height (3).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from av3d.compiling import compiled

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Uint8 = npt.NDArray[np.uint8]
Uint16 = npt.NDArray[np.uint16]

MM = 0.001


@compiled("int32(float32[:,::1], int32[:,::1], float64, int32[::1])")
def counted(points_m: Float32, places: Int32, cell_m: float, counts: Int32) -> int:
    """Count the points of each kept cell; returns how many there are in all.

    Args:
        points_m: (N, 3).
        places: number of each cell of a square around the origin, -1 if it is not kept, (C, C).
        cell_m: side of a cell.
        counts: of each kept cell, (K,), added to.
    """
    cells = places.shape[0]
    half = cells / 2.0
    total = 0
    for index in range(points_m.shape[0]):
        x = points_m[index, 0] / cell_m + half
        y = points_m[index, 1] / cell_m + half
        if not (0.0 <= x < cells and 0.0 <= y < cells) or abs(points_m[index, 2]) > 32.7:
            continue
        place = places[int(x), int(y)]
        if place >= 0:
            counts[place] += 1
            total += 1
    return total


@compiled(
    "void(float32[:,::1], boolean[::1], int32[:,::1], float64, int32[::1], int16[:,::1], uint8[::1])"
)
def sorted_into(
    points_m: Float32,
    ground: npt.NDArray[np.bool_],
    places: Int32,
    cell_m: float,
    starts: Int32,
    out_mm: Int16,
    out_ground: Uint8,
) -> None:
    """Put the points of kept cells behind each other, cell by cell.

    Args:
        points_m: as for `counted`.
        places: as for `counted`.
        cell_m: as for `counted`.
        ground: which points are ground, (N,).
        starts: first row of each cell, (K,); moved on to one after its last.
        out_mm: x and y from the middle of the cell and z, (P, 3).
        out_ground: 1 for ground, (P,).
    """
    cells = places.shape[0]
    half = cells / 2.0
    for index in range(points_m.shape[0]):
        x = points_m[index, 0] / cell_m + half
        y = points_m[index, 1] / cell_m + half
        if not (0.0 <= x < cells and 0.0 <= y < cells) or abs(points_m[index, 2]) > 32.7:
            continue
        place = places[int(x), int(y)]
        if place >= 0:
            row = starts[place]
            starts[place] += 1
            out_mm[row, 0] = np.int16(round((x - int(x) - 0.5) * cell_m / MM))
            out_mm[row, 1] = np.int16(round((y - int(y) - 0.5) * cell_m / MM))
            out_mm[row, 2] = np.int16(round(points_m[index, 2] / MM))
            out_ground[row] = 1 if ground[index] else 0


@compiled("void(float32[:,::1], boolean[::1], float64[::1], float64, uint16[:,:,::1])")
def seen_around(
    points_m: Float32,
    ground: npt.NDArray[np.bool_],
    origin_m: Float64,
    lowest_deg: float,
    panorama: Uint16,
) -> None:
    """What the beams met in each direction: a panorama with pixels of one degree.

    Args:
        points_m: (N, 3).
        ground: which points are ground, (N,).
        origin_m: where the beams come from, (3,).
        lowest_deg: elevation of the lower edge of the first column.
        panorama: range of the nearest point of ground, and of the nearest other point, in cm, and the
            number of points, (3, 360, E); filled in, the first two start at 65535, the third at 0.
    """
    for index in range(points_m.shape[0]):
        x = points_m[index, 0] - origin_m[0]
        y = points_m[index, 1] - origin_m[1]
        z = points_m[index, 2] - origin_m[2]
        level = math.sqrt(x * x + y * y)
        if not 0.5 < level < 600.0:
            continue
        column = int(math.degrees(math.atan2(z, level)) - lowest_deg + 10.0) - 10
        if not 0 <= column < panorama.shape[2]:
            continue
        row = int(math.degrees(math.atan2(y, x)) + 360.0) % 360
        range_cm = np.uint16(100.0 * math.sqrt(level * level + z * z))
        kind = 0 if ground[index] else 1
        panorama[kind, row, column] = min(panorama[kind, row, column], range_cm)
        if panorama[2, row, column] < 65535:
            panorama[2, row, column] += np.uint16(1)


@compiled(
    "void(float64[:,::1], float64[:,::1], float64[::1], float64, uint16[:,:,::1], float32[:,::1])"
)
def beams(
    cuboids: Float64,
    samples: Float64,
    origin_m: Float64,
    lowest_deg: float,
    panorama: Uint16,
    out: Float32,
) -> None:
    """Where the beams towards cuboids ended: before, in or behind them.

    Each face that looks towards the sensor is sampled at a few places; each stands for the beams in the
    part of the solid angle that its part of the face takes. What is ground hides nothing.

    Args:
        cuboids: rows in the ego frame, (T, 15).
        samples: places on a face, from -1 to 1 across and up, (S, 2).
        origin_m: as for `seen_around`.
        lowest_deg: as for `seen_around`.
        panorama: as `seen_around` fills it in.
        out: (T, 8), filled in: of front, back, left, right and top the share that can be seen; then how
            many beams got as far as the cuboid, how many of them went through it, and the share of its
            solid angle in which something stands before it.
    """
    pixel_sr = math.radians(1.0) ** 2
    for t in range(cuboids.shape[0]):
        half = cuboids[t, 12:15]
        # The sensor in the axes of the cuboid.
        local = np.zeros(3)
        for axis in range(3):
            for k in range(3):
                local[axis] += cuboids[t, 3 + 3 * k + axis] * (origin_m[k] - cuboids[t, k])
        reached = 0.0
        through = 0.0
        blocked_sr = 0.0
        known_sr = 0.0
        for face in range(5):
            axis = face // 2
            sign = 1.0 if face % 2 == 0 else -1.0
            u, v = (1, 2) if axis == 0 else ((0, 2) if axis == 1 else (0, 1))
            out[t, face] = 0.0
            if sign * local[axis] <= half[axis]:
                continue
            open_count = known_count = 0
            for s in range(samples.shape[0]):
                place = np.zeros(3)
                place[axis] = sign * half[axis]
                place[u] = samples[s, 0] * half[u]
                place[v] = samples[s, 1] * half[v]
                ray = place - local
                distance = math.sqrt(ray[0] ** 2 + ray[1] ** 2 + ray[2] ** 2)
                ray /= distance
                # Where the ray leaves the cuboid.
                leaves = 1e9
                for k in range(3):
                    if abs(ray[k]) > 1e-9:
                        leaves = min(leaves, (math.copysign(half[k], ray[k]) - local[k]) / ray[k])
                x = y = z = 0.0
                for k in range(3):
                    x += cuboids[t, 3 + k] * ray[k]
                    y += cuboids[t, 6 + k] * ray[k]
                    z += cuboids[t, 9 + k] * ray[k]
                level = math.sqrt(x * x + y * y)
                elevation_deg = math.degrees(math.atan2(z, level))
                column = int(elevation_deg - lowest_deg + 10.0) - 10
                if not 0 <= column < panorama.shape[2]:
                    continue
                row = int(math.degrees(math.atan2(y, x)) + 360.0) % 360
                if panorama[2, row, column] == 0:
                    continue
                known_count += 1
                area = 4.0 * half[u] * half[v] / samples.shape[0]
                part_sr = area * abs(ray[axis]) / max(distance, 1.0) ** 2
                known_sr += part_sr
                near_m = panorama[1, row, column] / 100.0
                if near_m < distance - 0.4:
                    # What is right before a face may be a part of the object that the cuboid cuts off.
                    if near_m < distance - min(0.4 + 0.5 * half[axis], 1.5):
                        blocked_sr += part_sr
                    continue
                open_count += 1
                ground_m = panorama[0, row, column] / 100.0
                if ground_m < distance - 0.4:
                    continue  # of such a pixel nobody knows how many beams went past the ground
                number = panorama[2, row, column] * part_sr / (pixel_sr * max(level, 0.1))
                reached += number
                if min(near_m, ground_m) > leaves + 0.3:
                    through += number
            # Of too few samples that beams passed by, nothing is known of the whole face.
            if known_count * 4 >= samples.shape[0]:
                out[t, face] = open_count / known_count
        out[t, 5] = reached
        out[t, 6] = through
        out[t, 7] = blocked_sr / known_sr if known_sr > 0 else np.nan
