"""Compiled loops of `av3d.logs.ground_points`. Importing this compiles them, see `av3d.compiling`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from av3d.compiling import compiled


@compiled("float32[:,::1](float32[:,::1], float64, int64)")
def lowest(points_m: npt.NDArray[np.float32], cell_m: float, cells: int) -> npt.NDArray[np.float32]:
    """Height of the lowest point per cell of a square around the origin, (cells, cells); inf: none.

    Rows go along x, columns along y. A cell with four points or more has its second lowest, so that
    a single stray does not count.

    Args:
        points_m: (N, 3); points with NaN count nowhere.
        cell_m: side of a cell.
        cells: per side.
    """
    first = np.full((cells, cells), np.inf, dtype=np.float32)
    second = np.full((cells, cells), np.inf, dtype=np.float32)
    counts = np.zeros((cells, cells), dtype=np.int32)
    half = cells / 2.0
    for index in range(points_m.shape[0]):
        x = points_m[index, 0] / cell_m + half
        y = points_m[index, 1] / cell_m + half
        if not (0.0 <= x < cells and 0.0 <= y < cells):
            continue
        row, column = int(x), int(y)
        z = points_m[index, 2]
        counts[row, column] += 1
        if z < first[row, column]:
            second[row, column] = first[row, column]
            first[row, column] = z
        elif z < second[row, column]:
            second[row, column] = z
    for row in range(cells):
        for column in range(cells):
            if counts[row, column] >= 4:
                first[row, column] = second[row, column]
    return first


@compiled("float32[:,::1](float32[:,::1], float32)")
def usual_around(heights_m: npt.NDArray[np.float32], none_m: float) -> npt.NDArray[np.float32]:
    """Median height of the known cells of the 5 x 5 around each, (R, C); -inf where fewer than 4 are.

    Args:
        heights_m: (R, C); unknown where above `none_m`.
        none_m: higher than any height.
    """
    rows, columns = heights_m.shape
    out = np.full((rows, columns), -np.inf, dtype=np.float32)
    near = np.empty(25, dtype=np.float32)
    for row in range(rows):
        for column in range(columns):
            if heights_m[row, column] > none_m:
                continue
            count = 0
            for r in range(max(row - 2, 0), min(row + 3, rows)):
                for c in range(max(column - 2, 0), min(column + 3, columns)):
                    value = heights_m[r, c]
                    if value <= none_m:
                        # Insertion: there are 25 at most.
                        place = count
                        while place > 0 and near[place - 1] > value:
                            near[place] = near[place - 1]
                            place -= 1
                        near[place] = value
                        count += 1
            if count >= 4:
                out[row, column] = near[count // 2]
    return out


@compiled("void(float32[:,::1], float32)")
def limit_rise(heights_m: npt.NDArray[np.float32], rise_m: float) -> None:
    """Lower each cell to what its neighbours allow, in place; cells at infinity are filled by that.

    Two passes over the 8 neighbours, as for a chamfer distance, give the lower envelope of cones that
    rise by `rise_m` per cell (Borgefors, "Distance transformations in digital images", 1986).

    Args:
        heights_m: (R, C).
        rise_m: per cell.
    """
    rows, columns = heights_m.shape
    aslant = np.float32(rise_m * np.float32(1.41421356))
    for row in range(rows):
        for column in range(columns):
            best = heights_m[row, column]
            if column > 0:
                best = min(best, heights_m[row, column - 1] + rise_m)
            if row > 0:
                best = min(best, heights_m[row - 1, column] + rise_m)
                if column > 0:
                    best = min(best, heights_m[row - 1, column - 1] + aslant)
                if column < columns - 1:
                    best = min(best, heights_m[row - 1, column + 1] + aslant)
            heights_m[row, column] = best
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            best = heights_m[row, column]
            if column < columns - 1:
                best = min(best, heights_m[row, column + 1] + rise_m)
            if row < rows - 1:
                best = min(best, heights_m[row + 1, column] + rise_m)
                if column < columns - 1:
                    best = min(best, heights_m[row + 1, column + 1] + aslant)
                if column > 0:
                    best = min(best, heights_m[row + 1, column - 1] + aslant)
            heights_m[row, column] = best


@compiled("boolean[::1](float32[:,::1], float32[:,::1], float64, float32[::1])")
def near_surface(
    points_m: npt.NDArray[np.float32],
    surface_m: npt.NDArray[np.float32],
    cell_m: float,
    limits: npt.NDArray[np.float32],
) -> npt.NDArray[np.bool_]:
    """Which points are near a surface, interpolated between the middles of its cells, (N,).

    Args:
        points_m: (N, 3).
        surface_m: heights, (cells, cells), as `lowest` lays them out.
        cell_m: side of a cell.
        limits: how far above and below it, and how much farther per metre of distance, (3,).
    """
    cells = surface_m.shape[0]
    half = cells / 2.0
    out = np.zeros(points_m.shape[0], dtype=np.bool_)
    for index in range(points_m.shape[0]):
        px, py = points_m[index, 0], points_m[index, 1]
        x, y = px / cell_m + half, py / cell_m + half
        if not (0.0 <= x < cells and 0.0 <= y < cells):
            continue
        x = min(max(x - 0.5, 0.0), cells - 1.000001)
        y = min(max(y - 0.5, 0.0), cells - 1.000001)
        row, column = int(x), int(y)
        u, v = x - row, y - column
        surface = (1 - u) * (
            (1 - v) * surface_m[row, column] + v * surface_m[row, column + 1]
        ) + u * ((1 - v) * surface_m[row + 1, column] + v * surface_m[row + 1, column + 1])
        slack = limits[2] * np.sqrt(px * px + py * py)
        above = points_m[index, 2] - surface
        out[index] = -limits[1] - slack <= above <= limits[0] + slack
    return out
