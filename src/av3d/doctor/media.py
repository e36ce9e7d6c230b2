"""Checks of what sweeps and images hold: some of each stream are read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from av3d.doctor.check import Check
from av3d.doctor.finding import Finding, Severity
from av3d.errors import Av3dError
from av3d.logs.image import ImageStream
from av3d.logs.log import Log
from av3d.logs.sweep import Sweep, SweepStream

SAMPLES = 8
"""So many sweeps and images of each stream are read."""

MOST_ASKED = 2000
"""Of a longer stream the disk is not asked for every file."""

FEWEST_POINTS = 200
"""A sweep with fewer points is not one of a driving LiDAR."""

AT_ORIGIN_M = 0.01
"""Points closer than this to the sensor are no measurements."""

FARTHEST_USUAL_M, NEAREST_USUAL_M = 500.0, 0.3
"""The middle of all ranges of a sweep in metres lies between these."""


def sampled(length: int, count: int = SAMPLES) -> list[int]:
    """Indices from all over a stream, the first and the last among them."""
    if length == 0:
        return []
    rows: list[int] = np.unique(np.linspace(0, length - 1, min(count, length)).astype(int)).tolist()
    return rows


def is_absent(stream: ImageStream | SweepStream, index: int) -> bool:
    """Whether the file of an image or sweep is not there."""
    if isinstance(stream, SweepStream) and index in stream.absent:
        return True
    path = stream.path(index)
    return path is not None and not path.exists()


def present_rows(stream: ImageStream | SweepStream, count: int = SAMPLES) -> list[int]:
    """Indices of some images or sweeps whose files are there, from all over the stream."""
    if isinstance(stream, SweepStream):
        rows = [row for row in range(len(stream)) if row not in stream.absent]
        return [rows[row] for row in sampled(len(rows), count)]
    found = [row for row in sampled(len(stream), count) if not is_absent(stream, row)]
    if found or len(stream) > MOST_ASKED:
        return found
    rows = [row for row in range(len(stream)) if not is_absent(stream, row)]
    return [rows[row] for row in sampled(len(rows), count)]


class Missing(Check):
    """Files that are not there."""

    id = "media.missing"
    severity = Severity.NOTE
    title = "The files of sweeps and images are there."

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, stream in log.lidars.items():
            if stream.absent:
                yield self._of(f"LiDAR {name}", name, len(stream.absent), len(stream), "sweeps")
        for name, images in log.cameras.items():
            rows = sampled(len(images), 100)
            absent = sum(is_absent(images, row) for row in rows)
            if absent:
                estimate = round(absent / len(rows) * len(images))
                yield self._of(f"camera {name}", name, estimate, len(images), "images")
        without = [name for name in log.rig.cameras if not len(log.cameras.get(name, ()))]
        if without:
            yield self.finding(
                f"{len(without)} of {len(log.rig.cameras)} cameras of the rig have no images",
                ", ".join(without),
                numbers={"cameras": without},
            )

    def _of(self, where: str, name: str, absent: int, total: int, what: str) -> Finding:
        return self.finding(
            f"the files of {absent} of {total} {what} are not there", where,
            numbers={"absent": absent, "of": total}, sensor=name,
        )  # fmt: skip


class Unreadable(Check):
    """Files that are there and cannot be read."""

    id = "media.unreadable"
    severity = Severity.ERROR
    title = "Sweeps and images can be read."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, stream in log.lidars.items():
            yield from self._broken(log, f"LiDAR {name}", name, stream)
        for name, images in log.cameras.items():
            yield from self._broken(log, f"camera {name}", name, images)

    def _broken(
        self, log: Log, where: str, name: str, stream: ImageStream | SweepStream
    ) -> Iterator[Finding]:
        rows = present_rows(stream)
        errors: list[tuple[int, Av3dError]] = []
        for row in rows:
            try:
                if isinstance(stream, SweepStream):
                    log.sweep(row, name)
                else:
                    stream.read(row)
            except Av3dError as error:
                errors.append((row, error))
        if errors:
            row, first = errors[0]
            yield self.finding(
                f"{len(errors)} of {len(rows)} that were tried cannot be read: {first.what}",
                first.where or where,
                first.fix or "copy the files again",
                numbers={"unreadable": [row for row, _ in errors], "tried": len(rows)},
                sensor=name,
                frame=log.frames.nearest(int(stream.timestamps_ns[row])),
            )


class Points(Check):
    """Points that cannot be what a LiDAR measured."""

    id = "media.points"
    severity = Severity.ERROR
    title = "Points are in metres, and there are enough of them."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, stream in log.lidars.items():
            sweeps = [sweep for sweep in _readable(log, name, stream) if sweep is not None]
            if not sweeps:
                continue
            found = self._oddity(sweeps)
            if found is not None:
                what, fix, numbers = found
                frame = log.frames.nearest(sweeps[0].timestamp_ns)
                yield self.finding(
                    what, f"LiDAR {name}", fix, numbers=numbers, sensor=name, frame=frame
                )

    @staticmethod
    def _oddity(sweeps: list[Sweep]) -> tuple[str, str, dict[str, float]] | None:
        counts = [len(sweep) for sweep in sweeps]
        usual = int(np.median(counts))
        if usual < FEWEST_POINTS:
            return (
                f"a sweep has {usual:,} points", "check that the whole sweep was recorded",
                {"points": usual},
            )  # fmt: skip
        ranges = np.concatenate([np.linalg.norm(sweep.points_m, axis=1) for sweep in sweeps])
        at_origin = float((ranges < AT_ORIGIN_M).mean())
        if at_origin > 0.5:
            return (
                f"{100 * at_origin:.0f} % of the points are zero",
                "check the columns of the point files",
                {"at_origin": at_origin},
            )
        middle_m = float(np.median(ranges[ranges >= AT_ORIGIN_M]))
        if middle_m > FARTHEST_USUAL_M:
            return (
                f"half of the points are further than {middle_m:,.0f} m: they look like millimetres",
                "store metres",
                {"median_range_m": middle_m},
            )
        if middle_m < NEAREST_USUAL_M:
            return (
                f"half of the points are closer than {middle_m:.3g} m: they look like kilometres",
                "store metres",
                {"median_range_m": middle_m},
            )
        return None


class Intensity(Check):
    """Intensities that are not on the scale of 0 to 1."""

    id = "media.intensity"
    severity = Severity.WARNING
    title = "Intensities use the scale of 0 to 1."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, stream in log.lidars.items():
            values = [
                sweep.intensity
                for sweep in _readable(log, name, stream)
                if sweep is not None and sweep.intensity is not None and len(sweep)
            ]
            if not values:
                continue
            highest = float(max(value.max() for value in values))
            typical = float(np.median([np.quantile(value, 0.9) for value in values]))
            if highest > 1.01:
                what = f"intensities go up to {highest:,.0f}"
            elif 0 < highest < 0.02 and typical < 0.01:
                what = f"intensities stay below {highest:.4f}"
            else:
                continue
            yield self.finding(
                what, f"LiDAR {name}",
                "state the scale of the intensity, so that points are not all bright or dark",
                numbers={"highest": highest}, sensor=name,
            )  # fmt: skip


class Still(Check):
    """Images that repeat while the vehicle moves."""

    id = "media.frozen-image"
    severity = Severity.WARNING
    title = "A camera does not deliver one image again and again."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        for name, images in log.cameras.items():
            rows = [row for row in sampled(max(len(images) - 1, 0), 4) if row + 1 < len(images)]
            same = []
            for row in rows:
                if is_absent(images, row) or is_absent(images, row + 1):
                    continue
                try:
                    first, second = images.read(row), images.read(row + 1)
                except Av3dError:
                    continue
                if np.array_equal(first, second):
                    same.append(row)
            if len(same) >= 2 and len(same) > len(rows) / 2:
                yield self.finding(
                    f"{len(same)} of {len(rows)} images that were compared equal the next one",
                    f"camera {name}", "look whether the camera was stuck",
                    numbers={"same": same}, sensor=name,
                    frame=log.frames.nearest(int(log.image_time_ns(name, same[0]))),
                )  # fmt: skip


def _readable(log: Log, name: str, stream: SweepStream) -> Iterator[Sweep | None]:
    """Some sweeps of a LiDAR; None for those that cannot be read."""
    for row in present_rows(stream, 4):
        try:
            yield log.sweep(row, name)
        except Av3dError:
            yield None
