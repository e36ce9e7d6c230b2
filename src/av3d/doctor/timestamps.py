"""Checks of the times of sweeps and images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from av3d.doctor.check import Check
from av3d.doctor.finding import Curve, Finding, Severity
from av3d.logs.log import Log
from av3d.logs.rhythm import nearest
from av3d.types import NS_PER_MS, NS_PER_S, FloatArray, IntArray

GAP_PERIODS = 3.5
"""A step of more periods than this is a gap; one or two lost frames happen to every recorder."""

FAULT_PERIODS = 5.5
"""From here on it is a fault; shorter ones are known from published data sets, and no harm."""

JITTER_PART, JITTER_MS = 0.05, 2.0
"""Times jitter if half of the steps differ from the period by more than both of these."""

FEWEST_STEPS = 6
"""Fewer steps than this have no rhythm."""

BEAM_AHEAD_M = 25.0
"""How far along a camera's view the beam is looked for."""

TOGETHER_MS = 8.0
"""Cameras that are fired by the beam agree on its time by this much."""

SHORTEST_MS, LONGEST_MS = 40.0, 250.0
"""Periods at which a phase between images and sweeps says something."""

APART_MS = 15.0
"""One that differs from the others by more than this has another clock."""


def streams(log: Log) -> Iterator[tuple[str, IntArray, bool]]:
    """Name and times of each stream, and whether it is a camera's; the reference LiDAR first."""
    order = sorted(log.lidars, key=lambda name: name != log.reference_lidar)
    seen: list[IntArray] = []
    for name in order:
        times_ns = log.lidars[name].timestamps_ns
        # LiDARs of one file have one list of times; a fault of it is told once.
        if not any(np.array_equal(times_ns, other) for other in seen):
            seen.append(times_ns)
            yield f"LiDAR {name}", times_ns, False
    for name in log.cameras:
        yield f"camera {name}", log.image_times_ns(name), True


def _rhythms(log: Log) -> Iterator[tuple[str, IntArray, IntArray, float]]:
    """Name, times (N,), steps between them (N - 1,) and usual step of the streams, in nanoseconds.

    Streams of fewer than FEWEST_STEPS steps have no rhythm and are left out.
    """
    for stream, times_ns, _ in streams(log):
        steps = np.diff(times_ns)
        if len(steps) >= FEWEST_STEPS:
            yield stream, times_ns, steps, float(np.median(steps))


def seconds(log: Log, times_ns: IntArray) -> FloatArray:
    """Times as seconds since the start of the log."""
    return np.asarray((times_ns - log.start_ns) / NS_PER_S)


class Gap(Check):
    """Stretches in which a stream has nothing."""

    id = "timestamps.gap"
    severity = Severity.WARNING
    title = "No stream stops for several of its periods."

    def examine(self, log: Log) -> Iterator[Finding]:
        for stream, times_ns, steps, period_ns in _rhythms(log):
            for row in np.flatnonzero(steps > GAP_PERIODS * period_ns)[:10].tolist():
                lost = round(float(steps[row]) / period_ns) - 1
                at_s = seconds(log, times_ns)
                found = self.finding(
                    f"nothing for {steps[row] / 1e6:,.0f} ms, about {lost} lost",
                    f"{stream}, {at_s[row]:.2f} s after the start",
                    "look for the files that are missing there, or split the log at this place",
                    numbers={
                        "from_ns": int(times_ns[row]),
                        "to_ns": int(times_ns[row + 1]),
                        "period_ms": period_ns / 1e6,
                        "lost": lost,
                    },
                    sensor=stream.split(" ", 1)[1],
                    frame=log.frames.nearest(int(times_ns[row])),
                    curve=Curve(
                        f"time between neighbours of {stream}, ms",
                        at_s[1:],
                        steps / 1e6,
                        (float(at_s[row]), float(at_s[row + 1])),
                    ),
                )
                short = steps[row] <= FAULT_PERIODS * period_ns
                yield replace(found, severity=Severity.NOTE, curve=None) if short else found


class Dropped(Check):
    """Single frames that are missing, which every recorder loses now and then."""

    id = "timestamps.dropped"
    severity = Severity.NOTE
    title = "How many sweeps and images of the rhythm are not there."

    def examine(self, log: Log) -> Iterator[Finding]:
        dropped: dict[str, int] = {}
        present: dict[str, int] = {}
        for stream, times_ns, steps, period_ns in _rhythms(log):
            count = np.round(steps / period_ns) - 1
            lost = int(count[(count > 0) & (steps <= GAP_PERIODS * period_ns)].sum())
            if lost:
                name = stream.split(" ", 1)[1]
                dropped[name], present[name] = lost, len(times_ns)
        if dropped:
            parts = [f"{lost} of {present[name] + lost}" for name, lost in dropped.items()]
            what = parts[0] if len(set(parts)) == 1 else ", ".join(parts)
            yield self.finding(
                f"{what}{' each' if len(dropped) > len(set(parts)) == 1 else ''} dropped, in ones "
                "or twos",
                ", ".join(dropped),
                numbers={"dropped": dropped},
            )
        for name, sync in log.sync_report.cameras.items():
            if sync.doubled_images:
                yield self.finding(
                    f"{len(sync.doubled_images)} images stand twice for one sweep; one is shown",
                    f"camera {name}",
                    numbers={"doubled": list(sync.doubled_images[:50])},
                    sensor=name,
                )


class Jitter(Check):
    """Times that tremble around their rhythm."""

    id = "timestamps.jitter"
    severity = Severity.WARNING
    title = "The times of each stream keep an even rhythm."

    def examine(self, log: Log) -> Iterator[Finding]:
        for stream, times_ns, steps, period_ns in _rhythms(log):
            rest_ns = steps - period_ns * np.maximum(np.round(steps / period_ns), 1)
            usual_ns = float(np.median(np.abs(rest_ns)))
            if usual_ns <= max(JITTER_PART * period_ns, JITTER_MS * NS_PER_MS):
                continue
            at_s = seconds(log, times_ns)
            worst = int(np.argmax(np.abs(rest_ns)))
            yield self.finding(
                f"times jitter: half of the steps differ from {period_ns / 1e6:.1f} ms by more than "
                f"{usual_ns / 1e6:.1f} ms",
                stream,
                "use the sensor's own clock instead of the time of arrival",
                numbers={"period_ms": period_ns / 1e6, "median_departure_ms": usual_ns / 1e6},
                sensor=stream.split(" ", 1)[1],
                frame=log.frames.nearest(int(times_ns[worst])),
                curve=Curve(
                    f"time between neighbours of {stream}, ms",
                    at_s[1:],
                    steps / 1e6,
                    (float(at_s[0]), float(at_s[-1])),
                ),
            )


class Apart(Check):
    """Streams whose clocks have nothing in common."""

    id = "timestamps.offset"
    severity = Severity.ERROR
    title = "Sweeps, images and ego poses are of the same time."

    def examine(self, log: Log) -> Iterator[Finding]:
        sweeps_ns = log.lidars[log.reference_lidar].timestamps_ns
        slack_ns = 2 * log.frame_period_ns
        for name in log.cameras:
            times_ns = log.image_times_ns(name)
            if len(times_ns) == 0 or (
                times_ns[0] <= sweeps_ns[-1] + slack_ns and times_ns[-1] >= sweeps_ns[0] - slack_ns
            ):
                continue
            offset_ns = int(sweeps_ns[0]) - int(times_ns[0])
            mount = log.rig.camera(name)
            changed = replace(mount, clock_offset_ns=mount.clock_offset_ns + offset_ns)
            yield self.finding(
                f"its images are {abs(offset_ns) / NS_PER_S:,.1f} s "
                f"{'before' if offset_ns > 0 else 'after'} the sweeps, none belongs to a frame",
                f"camera {name}",
                "find out how its clock differs; the proposal lets both start together",
                numbers={"offset_s": offset_ns / NS_PER_S},
                sensor=name,
                cameras={name: changed},
            )


class Beam(Check):
    """A camera whose clock differs from that of the others, which the LiDAR's beam fires."""

    id = "timestamps.offset"
    severity = Severity.WARNING
    title = "Where the beam of the LiDAR fires the cameras, none is off its time."
    reads_media = True

    def examine(self, log: Log) -> Iterator[Finding]:
        period_ms = _shortest_period_ms(log)
        if not SHORTEST_MS <= period_ms <= LONGEST_MS:
            return
        late_ms = {
            name: late
            for name in log.cameras
            if (late := _late_ms(log, name, period_ms)) is not None
        }
        if len(late_ms) < 4:
            return
        names, values = list(late_ms), np.array(list(late_ms.values()))
        # The value that most cameras agree with.
        apart = _wrapped(values[:, None] - values[None], period_ms)
        agree = np.abs(apart) < TOGETHER_MS
        centre = int(np.argmax(agree.sum(axis=0)))
        together = agree[:, centre]
        if together.sum() < max(3, 0.6 * len(values)):
            return
        off_ms = _wrapped(apart[:, centre] - float(np.median(apart[together, centre])), period_ms)
        others = np.flatnonzero(np.abs(off_ms) > APART_MS)
        # Several that differ are fired by something else, as stereo pairs often are.
        if len(others) != 1:
            return
        yield self._finding(log, names[others[0]], float(off_ms[others[0]]), int(together.sum()))

    def _finding(self, log: Log, name: str, off_ms: float, agreeing: int) -> Finding:
        mount = log.rig.camera(name)
        offset_ns = mount.clock_offset_ns - round(off_ms * NS_PER_MS)
        return self.finding(
            f"its images are {abs(off_ms):.0f} ms {'late' if off_ms > 0 else 'early'}: the other "
            f"{agreeing} cameras expose as the LiDAR's beam passes their view",
            f"camera {name}",
            "correct its timestamps, or take over the proposed clock offset",
            numbers={"offset_ms": off_ms, "agreeing_cameras": agreeing},
            sensor=name,
            frame=_middle_frame(log, name),
            cameras={name: replace(mount, clock_offset_ns=offset_ns)},
        )


def _shortest_period_ms(log: Log) -> float:
    """Of sweeps and images. Images twice as often as sweeps say a time up to half a sweep only."""
    periods = [float(log.frame_period_ns)]
    for name in log.cameras:
        steps = np.diff(log.image_times_ns(name))
        if len(steps):
            periods.append(float(np.median(steps)))
    return min(periods) / NS_PER_MS


def _wrapped(time_ms: FloatArray | float, period_ms: float) -> FloatArray:
    return np.asarray((np.asarray(time_ms) + period_ms / 2) % period_ms - period_ms / 2)


def _middle_frame(log: Log, camera: str) -> int:
    times_ns = log.image_times_ns(camera)
    return log.frames.nearest(int(times_ns[len(times_ns) // 2]))


def _late_ms(log: Log, camera: str, period_ms: float) -> float | None:
    """How long after the beam a camera exposes, usually; None where that is not known."""
    frames_ns = log.frames.timestamps_ns
    times_ns = log.image_times_ns(camera)
    if len(times_ns) < 5 or len(frames_ns) < 5:
        return None
    stream = log.lidars[log.reference_lidar]
    ahead_m = np.array([0.0, 0.0, BEAM_AHEAD_M])
    lates: list[float] = []
    for index in np.unique(np.linspace(0, len(frames_ns) - 1, 9).astype(int)).tolist():
        frame = log.frames[index]
        image = int(nearest(times_ns, np.array([frame.timestamp_ns]))[0])
        far_ns = abs(int(times_ns[image]) - frame.timestamp_ns)
        if far_ns > log.frame_period_ns or index in stream.absent:
            continue
        if not (
            log.trajectory.covers(int(times_ns[image]))
            and log.trajectory.covers(frame.timestamp_ns)
        ):
            continue
        place_m = log.world_SE3_camera(camera, image).transform(ahead_m)
        beam_ns = int(log.measured_ns(frame, place_m))
        if beam_ns != frame.timestamp_ns:
            lates.append((int(times_ns[image]) - beam_ns) / NS_PER_MS)
    if len(lates) < 4:
        return None
    folded = lates[0] + _wrapped(np.array(lates) - lates[0], period_ms)
    # A camera that is not fired by the beam drifts against it.
    return None if np.ptp(folded) > 2 * TOGETHER_MS else float(np.median(folded))
