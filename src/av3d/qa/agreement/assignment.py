"""Who belongs to whom: the pairs, none with anything in common, that are worth most in sum."""

from __future__ import annotations

import numpy as np

from av3d.types import FloatArray, IntArray


def assigned(rows: IntArray, columns: IntArray, gains: FloatArray) -> IntArray:
    """Choose pairs so that no row and no column comes twice and the gains add up to the most.

    Solved for each group of pairs that hang together by itself, as R. Jonker and A. Volgenant, "A
    shortest augmenting path algorithm for dense and sparse linear assignment problems", Computing 38
    (1987) 325, which scipy has; a pair that shares nothing is chosen as it is.

    Args:
        rows: of each pair, not below 0, (P,).
        columns: of each pair, not below 0, (P,).
        gains: above 0, (P,).

    Returns:
        Places of the chosen pairs, ascending.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    chosen = [np.flatnonzero(alone)]
    rest = np.flatnonzero(~alone)
    if len(rest):
        _, row = np.unique(rows[rest], return_inverse=True)
        _, column = np.unique(columns[rest], return_inverse=True)
        offset = int(row.max()) + 1
        size = offset + int(column.max()) + 1
        graph = coo_array((np.ones(len(rest)), (row, column + offset)), (size, size))
        _, group = connected_components(graph, directed=False)
        order = np.argsort(group[row], kind="stable")
        edges = np.flatnonzero(np.diff(group[row][order], prepend=-1))
        for part in np.split(order, edges[1:]):
            _, at_row = np.unique(row[part], return_inverse=True)
            _, at_column = np.unique(column[part], return_inverse=True)
            places = np.full((at_row.max() + 1, at_column.max() + 1), -1, dtype=np.int64)
            places[at_row, at_column] = rest[part]
            worth = np.where(places >= 0, gains[places], 0.0)
            found = places[linear_sum_assignment(worth, maximize=True)]
            chosen.append(found[found >= 0])
    return np.sort(np.concatenate(chosen))
