"""Findings on untouched labels as pictures, for people to say what is a real fault."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from faults.material import Material

from av3d.errors import Av3dError
from av3d.present.label_statistics import CountedLabels
from av3d.present.quality.checking import CheckedLog, judged
from av3d.present.quality.finding_picture import picture_from_above, picture_in_image

HIGH_PX = 420
"""Height of a picture, and width of each of its halves."""


def write_pictures(material: Material, folder: Path, most: int, seed: int) -> int:
    """One picture per finding: from above, and the image that shows it best; its sentence on top.

    Args:
        material: the untouched labels.
        folder: where they go, named after log and check.
        most: a random choice of so many findings of each check.
        seed: of the choice.

    Returns:
        How many there are.
    """
    log = material.log
    labels = CountedLabels(material.name, log.start_ns, log.end_ns, log, material.tracks)
    checked = judged(labels, material.inspection)
    rng, count = np.random.default_rng(seed), 0
    folder.mkdir(parents=True, exist_ok=True)
    by_check: dict[str, list[int]] = {}
    for place, one in enumerate(checked.findings):
        by_check.setdefault(one.finding.check, []).append(place)
    for check, places in sorted(by_check.items()):
        for place in sorted(rng.permutation(places)[:most].tolist()):
            name = f"{material.name.replace(' ', '-')}_{check}_{place}.jpg"
            cv2.imwrite(str(folder / name), _picture(checked, place)[:, :, ::-1])
            count += 1
    return count


def _picture(checked: CheckedLog, place: int) -> np.ndarray:
    one, size_px = checked.findings[place], (HIGH_PX, HIGH_PX)
    halves = [picture_from_above(checked, one, size_px)[:, :, :3]]
    try:
        seen = picture_in_image(checked, one, size_px)
    except Av3dError:
        seen = None  # the image is not on the disk
    if seen is not None:
        halves.append(seen[1])
    whole = np.zeros((HIGH_PX + 40, 2 * HIGH_PX, 3), np.uint8)
    left = 0
    for half in halves:
        whole[40 : 40 + half.shape[0], left : left + half.shape[1]] = half
        left += half.shape[1]
    lines = (
        f"{checked.name}, {one.finding.name}, {one.time_s:.1f} s, {one.check.title}",
        one.finding.what.encode("ascii", "replace").decode(),
    )
    for row, line in enumerate(lines):
        cv2.putText(
            whole, line, (4, 15 + 18 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1,
            cv2.LINE_AA,
        )  # fmt: skip
    return whole
