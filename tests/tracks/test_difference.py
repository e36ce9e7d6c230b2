from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.tracks.difference import difference
from av3d.tracks.event import Event
from av3d.tracks.interpolation import Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from tracks.strategies import tracks

S = 1_000_000_000
START = 1_557_539_924 * S


def key(time_s: float, x: float = 0.0, yaw_deg: float = 0.0, **more) -> Keyframe:
    size = more.pop("size", [4.5, 1.9, 1.6])
    cuboid = Cuboid.from_yaw([x, 0, 0], size, np.radians(yaw_deg))
    return Keyframe(START + round(time_s * S), cuboid, **more)


CAR = Track("A", "car", tuple(key(t, t) for t in range(10)), number=4)


def told(after: Track | None, before: Track | None = CAR) -> tuple[str, ...]:
    return difference(before, after, START, {"T": "Truck 1"})


def edited(*keyframes: Keyframe) -> Track:
    by_time = {k.timestamp_ns: k for k in (*CAR.keyframes, *keyframes)}
    return CAR.with_keyframes(by_time.values())


def test_tracks_come_and_go():
    assert told(CAR, None) == ("new, with 10 keyframes 0.00–9.00 s",)
    assert told(None) == ("deleted, with 10 keyframes 0.00–9.00 s",)
    assert told(Track("A", "car", (key(1),)), None) == ("new, with keyframe at 1.00 s",)
    assert told(CAR) == told(None, None) == ()


def test_a_keyframe_moves_turns_and_is_resized():
    assert told(edited(key(3, 3.42))) == ("keyframe at 3.00 s moved 0.42 m forwards",)
    assert told(edited(key(3, 3.42, 3))) == ("keyframe at 3.00 s moved 0.42 m forwards, turned 3°",)
    assert told(edited(key(3, 3.001))) == ("keyframe at 3.00 s moved 1 mm forwards",)
    free = replace(CAR, free_size=True)
    larger = [*CAR.keyframes[:3], key(3, 3, size=[5, 2, 1.5]), *CAR.keyframes[4:]]
    assert told(free.with_keyframes(larger), free) == (
        "keyframe at 3.00 s resized to 5.00 × 2.00 × 1.50 m",
    )


def test_a_noise_is_told_in_metres_and_degrees():
    noise = Noise(0.1, 0.05, 0.002, np.radians(1.5))
    known = edited(key(3, 3, noise=noise))
    assert told(known) == ("keyframe at 3.00 s noise 0.10 m along, 0.05 m across, 2 mm up, 1.5°",)
    assert told(CAR, known) == ("keyframe at 3.00 s noise no longer known",)
    many = edited(*(key(t, t, noise=noise) for t in range(5)))
    assert told(many) == ("5 keyframes 0.00–4.00 s noise changed",)


def test_an_interpolation_is_told():
    linear = replace(CAR, interpolation=Interpolation(Model.LINEAR, pinned=True))
    assert told(linear) == ("interpolation: automatic → linear, pinned",)
    assert told(CAR, linear) == ("interpolation: linear, pinned → automatic",)


def test_provenance_and_values_of_a_keyframe_are_told():
    model = key(3, 3, provenance=Provenance.MODEL, attributes={"door": "open", "lit": True})
    assert told(edited(model)) == ("keyframe at 3.00 s now model, door open, lit yes",)
    assert told(CAR, edited(model)) == (
        "keyframe at 3.00 s now manual, door open taken away, lit yes taken away",
    )


def test_many_keyframes_are_told_of_together():
    shifted = edited(*(key(t, t + t / 10) for t in range(1, 7)))
    assert told(shifted) == ("6 keyframes 1.00–6.00 s moved by up to 0.60 m",)
    assert told(CAR.with_keyframes(CAR.keyframes[5:])) == ("5 keyframes 0.00–4.00 s removed",)
    assert told(CAR, CAR.with_keyframes(CAR.keyframes[5:])) == ("5 keyframes 0.00–4.00 s added",)


def test_keyframes_come_go_and_change_their_time():
    assert told(edited(key(0.5))) == ("keyframe at 0.50 s added",)
    assert told(CAR.with_keyframes(CAR.keyframes[:9])) == ("keyframe at 9.00 s removed",)
    later = CAR.with_keyframes([*CAR.keyframes[:9], key(9.5, 9)])
    assert told(later) == ("keyframe at 9.00 s moved to 9.50 s",)


def test_a_change_that_nobody_can_see_is_told_of():
    turned = SE3.from_yaw(1e-9, [3, 0, 0])
    same = Keyframe(START + 3 * S, Cuboid(turned, np.array([4.5, 1.9, 1.6])))
    assert told(edited(same)) == ("keyframe at 3.00 s changed in the last digits",)


def test_presence_is_told_with_its_reasons():
    away = replace(
        CAR,
        presence=(
            Span(START, START + 3 * S, ends=Edge.OCCLUDED),
            Span(START + 5 * S, START + 9 * S, starts=Edge.OCCLUDED, ends=Edge.RANGE),
        ),
    )
    assert told(away) == (
        "there 0.00–3.00 s (is hidden), 5.00–9.00 s (reappears, gets out of range), "
        "before: 0.00–9.00 s",
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"category": "truck", "number": 2}, "becomes Truck 2"),
        ({"attributes": {"colour": "red"}}, "colour red"),
        ({"relations": (Relation("towed_by", "T"),)}, "towed by Truck 1"),
        ({"relations": (Relation("towed_by", "?"),)}, "towed by track ?"),
        ({"note": "a taxi?\nask"}, "note: a taxi? ask"),
        ({"note": "x" * 99}, f"note: {'x' * 57}..."),
        ({"free_size": True}, "its size may change"),
    ],
)
def test_what_holds_for_the_whole_track_is_told(change, line):
    assert told(replace(CAR, **change)) == (line,)


def test_what_is_taken_back_is_told_as_well():
    rich = replace(CAR, attributes={"lit": 1}, relations=(Relation("rides", "T"),), note="taxi")
    assert told(CAR, rich) == ("lit 1 taken away", "no longer rides Truck 1", "note taken away")
    lit = replace(rich, attributes={"lit": True})
    assert told(lit, rich) == ("lit yes, before: 1",)
    parked = Track("A", "car", (key(0), key(1)))
    static = replace(parked, static=True)
    assert told(static, parked) == ("stands still for the whole log",)
    assert told(parked, static) == ("may move",)


def test_events_are_told():
    event = Event("e", "cut_in", START, START + S, track_ids=("T", "A"))
    names = {"A": "Car 4", "T": "Truck 1"}
    assert difference(None, event, START, names) == ("new, 0.00–1.00 s, with Car 4, Truck 1",)
    moment = Event("e", "near_miss", START + S, START + S, {"near": True}, "!", ("A",))
    assert difference(moment, None, START) == ("deleted, 1.00 s, with track A",)
    assert difference(event, moment, START, names) == (
        "becomes Near miss",
        "holds 1.00 s, before: 0.00–1.00 s",
        "near yes",
        "without Truck 1",
        "note: !",
    )
    assert difference(moment, event, START, names)[3] == "with Truck 1"


@dataclass(frozen=True)
class Task:
    """Another entity of a project."""

    state: str
    end_ns: int | None = None
    spans: tuple[int, ...] = ()
    kind: str = "task"
    id: str = "t"
    name: str = "night"
    digest: str = ""

    def as_json(self):
        return {"state": self.state, "end_ns": self.end_ns, "spans": list(self.spans)}


def test_other_entities_are_told_by_their_values():
    assert difference(Task("new"), Task("done", 5, (1,)), START) == (
        "end 5, before: nothing",
        "spans changed",
        "state done, before: new",
    )
    assert difference(None, Task("new"), START) == ("new",)
    assert difference(Task("new"), None, START) == ("deleted",)


@given(tracks(), tracks())
def test_different_tracks_are_always_told_apart(one, other):
    assert bool(difference(one, other, 0)) == (one.digest != other.digest)
