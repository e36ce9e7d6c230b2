"""Cameras whose phase a dataset knows."""

from __future__ import annotations

import numpy as np

from av3d.logs.frames import synchronise

MS = 1_000_000
SWEEPS = np.arange(5) * 100 * MS


def indices(frames):
    return [frame.images["back"] for frame in frames]


def test_a_known_phase_pairs_images_with_the_sweep_they_were_taken_during() -> None:
    images = SWEEPS - 60 * MS
    measured, _ = synchronise(SWEEPS, {"back": images})
    assert indices(measured) == [1, 2, 3, 4, None]
    known, report = synchronise(SWEEPS, {"back": images}, phases_ns={"back": -60 * MS})
    assert indices(known) == [0, 1, 2, 3, 4]
    assert report.cameras["back"].offset_ms == -60


def test_the_tolerance_counts_from_the_known_phase() -> None:
    images = SWEEPS - 99 * MS
    frames, _ = synchronise(SWEEPS, {"back": images}, 10 * MS, {"back": -99 * MS})
    assert indices(frames) == [0, 1, 2, 3, 4]


def test_an_image_that_is_missing_stays_missing_with_a_known_phase() -> None:
    images = np.delete(SWEEPS - 99 * MS, 2)
    frames, report = synchronise(SWEEPS, {"back": images}, phases_ns={"back": -99 * MS})
    assert indices(frames) == [0, 1, None, 2, 3]
    assert report.cameras["back"].missing_frames == (2,)
