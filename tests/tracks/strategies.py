"""Random labels for property tests: cuboids, keyframes, tracks, events and whole documents.

Times lie on a grid of 100 ms within the first three seconds, so that keyframes, ends of presence and
drawn times often meet; `times_ns` also draws times off the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.geometry.se3 import SE3
from av3d.ontology.motion import Motion
from av3d.tracks.change import Change
from av3d.tracks.document import Document
from av3d.tracks.event import Event
from av3d.tracks.interpolation import AUTOMATIC, Interpolation, Model
from av3d.tracks.keyframe import Keyframe, Provenance
from av3d.tracks.noise import Noise
from av3d.tracks.presence import Edge, Span
from av3d.tracks.relation import RIDES, TOWED_BY, Relation
from av3d.tracks.track import Track

few = settings(max_examples=settings.default.max_examples // 2)
"""For properties of which an example takes long; a search looks at more of them all the same."""

STEP_NS = 100_000_000
FRAMES = 31
SEEDS = 9999
"""Of random poses and sizes; 0 is a cube of one metre at the origin."""

CATEGORIES = ("car", "truck", "bicycle", "pedestrian", "überhöhtes_fahrzeug")
VOUCHED = tuple(p for p in Provenance if p is not Provenance.INTERPOLATED)

values = st.one_of(
    st.booleans(),
    st.integers(-5, 5),
    st.floats(-1e3, 1e3),
    st.sampled_from(["", "yes", "ä\n“b”", "0"]),
)
"""Values of attributes; 1, 1.0 and true are different ones."""

attributes = st.dictionaries(st.sampled_from(["parked", "door", "nuscenes.label"]), values)
notes = st.sampled_from(["", "is this one?", "zwei\nZeilen"])
edges = st.sampled_from(Edge)


_categories = st.sampled_from(CATEGORIES)
_vouched = st.sampled_from(VOUCHED)
_some_attributes = st.just({}) | attributes
_seeds = st.integers(0, SEEDS)
_frames = st.integers(0, FRAMES - 1)
_frame_sets = st.lists(_frames, min_size=1, max_size=5, unique=True)
_ends = st.lists(_frames, max_size=6, unique=True)
_is_static = st.sampled_from([False, False, True])
_is_free = st.booleans()

sigmas = st.sampled_from([0.0, 0.05, 1 / 3, 2.0])
noises = st.builds(Noise, sigmas, sigmas, sigmas, sigmas)
interpolations = st.builds(
    Interpolation,
    st.sampled_from(Model),
    st.none() | st.sampled_from(Motion),
    st.booleans(),
    st.none() | noises,
)
# Most keyframes have no noise of their own, and nobody says anything about most tracks.
_some_noises = st.none() | st.none() | noises
_some_interpolations = st.just(AUTOMATIC) | interpolations


def times_ns() -> st.SearchStrategy[int]:
    """A time in or around the log: on a frame, or anywhere."""
    on_grid = st.integers(-2, FRAMES + 1).map(lambda frame: frame * STEP_NS)
    return on_grid | st.integers(-2 * STEP_NS, (FRAMES + 1) * STEP_NS)


def sizes() -> st.SearchStrategy[tuple[float, ...]]:
    """Length, width and height in metres."""
    return _seeds.map(_size_lwh_m)


def cuboids(size_lwh_m: Sequence[float] | None = None) -> st.SearchStrategy[Cuboid]:
    """A cuboid in a world of a few hundred metres, turned about all axes or upright."""
    # One number drawn for a pose: a dozen floats would make the tests several times as slow.
    size = sizes() if size_lwh_m is None else st.just(tuple(size_lwh_m))
    return st.builds(_cuboid, _seeds, size)


@cache
def _size_lwh_m(seed: int) -> tuple[float, ...]:
    low, high = (1.0, 1.0) if seed == 0 else (0.2, 15.0)
    return tuple(np.random.default_rng(seed).uniform(low, high, 3).tolist())


@cache
def _cuboid(seed: int, size_lwh_m: tuple[float, ...]) -> Cuboid:
    random = np.random.default_rng(seed)
    reach_m = 300.0 if seed else 0.0
    roll, pitch = random.uniform(-0.3, 0.3, 2) if seed % 2 else (0.0, 0.0)
    yaw = random.uniform(-3.2, 3.2) if seed else 0.0
    pose = SE3.from_euler(roll, pitch, yaw, random.uniform(-reach_m, reach_m, 3))
    return Cuboid(pose, np.array(size_lwh_m))


@st.composite
def presences(draw: st.DrawFn) -> tuple[Span, ...]:
    """Up to three spans; none stands for "from the first to the last keyframe"."""
    ends = sorted(draw(_ends))
    return tuple(
        Span(start * STEP_NS, end * STEP_NS, draw(edges), draw(edges))
        for start, end in zip(ends[::2], ends[1::2], strict=False)
    )


@st.composite
def tracks(
    draw: st.DrawFn, track_id: str = "t0", number: int = 1, parents: Sequence[str] = ()
) -> Track:
    """A track with one to five keyframes, static or not, of constant or free size.

    Args:
        draw: of hypothesis.
        track_id: its ID.
        number: its number.
        parents: the tracks that it may belong to.
    """
    frames = draw(_frame_sets)
    static = draw(_is_static)
    free_size = draw(_is_free) and not static
    size = None if free_size else _size_lwh_m(draw(_seeds))
    one = _cuboid(draw(_seeds), size) if static and size else None
    keyframes = tuple(
        Keyframe(
            frame * STEP_NS,
            one or _cuboid(draw(_seeds), size or _size_lwh_m(draw(_seeds))),
            draw(_vouched),
            draw(_some_attributes),
            draw(_some_noises),
        )
        for frame in frames
    )
    relations = st.builds(Relation, st.sampled_from([TOWED_BY, RIDES]), st.sampled_from(parents))
    return Track(
        track_id,
        draw(_categories),
        keyframes,
        draw(presences()),
        number,
        draw(attributes),
        static,
        free_size,
        tuple(draw(st.lists(relations, max_size=2))) if parents else (),
        draw(notes),
        draw(_some_interpolations),
    )


@st.composite
def events(draw: st.DrawFn, event_id: str = "e0", track_ids: Sequence[str] = ()) -> Event:
    """An event within the log, of any of the tracks."""
    start, end = sorted(draw(st.tuples(*[st.integers(0, FRAMES - 1)] * 2)))
    taking_part = st.lists(st.sampled_from(track_ids), max_size=3) if track_ids else st.just([])
    return Event(
        event_id,
        draw(st.sampled_from(["rain", "cut_in", "near_miss"])),
        start * STEP_NS,
        end * STEP_NS,
        draw(attributes),
        draw(notes),
        tuple(draw(taking_part)),
    )


@st.composite
def documents(draw: st.DrawFn, min_tracks: int = 0, max_tracks: int = 4) -> Document:
    """A document with tracks t0, t1 … and events e0 …; a track may belong to those before it."""
    ids = [f"t{k}" for k in range(draw(st.integers(min_tracks, max_tracks)))]
    count = draw(st.integers(0, 2))
    return Document.of(
        [draw(tracks(track_id, k + 1, ids[:k])) for k, track_id in enumerate(ids)],
        [draw(events(f"e{k}", ids)) for k in range(count)],
    )


def one_track() -> st.SearchStrategy[Document]:
    """A document with nothing but track t0."""
    return tracks().map(lambda track: Document.of([track]))


def straight(*values: Any, **more: Any) -> Track:
    """The track of these values, see `Track`, linear between its keyframes."""
    return Track(*values, **{"interpolation": Interpolation(Model.LINEAR), **more})


def linear(document: Document) -> Document:
    """The same labels, all tracks linear between their keyframes."""
    said = Interpolation(Model.LINEAR)
    changed = [replace(track, interpolation=said) for track in document.tracks.values()]
    return Document.of(changed, document.events.values())


def there_and_back(document: Document, changes: Iterable[Change]) -> Document:
    """The document after changes; taking them back must give its text byte for byte."""
    done = tuple(changes)
    after = document.apply(done)
    back = after.apply(change.reversed() for change in reversed(done))
    assert back.as_text() == document.as_text()
    assert back.digest == document.digest
    assert all(not change.is_empty for change in done), "a change that changes nothing"
    return after


def are_same(one: Iterable[object], other: Iterable[object]) -> bool:
    """Whether two sequences hold the very same objects."""
    return [id(item) for item in one] == [id(item) for item in other]
