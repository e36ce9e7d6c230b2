"""Between the classes of datasets and the categories of a project's ontology, at import and export.

Readers give tracks in av3d's own categories and keep the class as an attribute, see
`Dataset.label_attribute`; writers take both. So the ontology decides here, and no dataset knows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from av3d.datasets.dataset import SAID, Dataset, Loss
from av3d.digests import canonical
from av3d.ontology.mapping import OWN, attributes_for, attributes_from, category_of, label_for
from av3d.ontology.ontology import Ontology
from av3d.ontology.presets import default
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.track import Track
from av3d.types import Scalar

Convert = Callable[[Mapping[str, Scalar]], dict[str, Scalar]]

NAMED = 24
"""Tracks that a loss names."""


@dataclass(frozen=True)
class ForExport:
    """Tracks as a writer takes them, and what the ontology makes of them."""

    tracks: tuple[Track, ...]
    losses: tuple[Loss, ...]


def for_project(
    tracks: Sequence[Track], source: Dataset, ontology: Ontology
) -> tuple[tuple[Track, ...], tuple[str, ...]]:
    """Tracks of a dataset in the categories and attributes of an ontology.

    The class that the dataset gave decides, then av3d's own category that the reader chose. What the
    ontology knows neither way stays as it is.

    Args:
        tracks: as the dataset's reader gives them.
        source: the dataset.
        ontology: the project's.

    Returns:
        The tracks, and a note on each category that the ontology does not know.
    """
    found: list[Track] = []
    for track in tracks:
        category = category_in_project(
            track.category, track.attributes.get(source.label_attribute), source, ontology
        )
        attributes = partial(attributes_from, ontology, category)
        found.append(_changed(track, category, attributes))
    unknown = Counter(
        track.category for track in found if ontology.category(track.category) is None
    )
    notes = tuple(
        f"category {name!r} ({count} of the tracks) is not in ontology {ontology.name}; it is kept"
        for name, count in sorted(unknown.items())
    )
    return _numbered(found, tracks), notes


def category_in_project(
    category: str, label: Scalar | None, source: Dataset, ontology: Ontology
) -> str:
    """The category of an ontology for what a dataset's reader gives; the reader's if it has none.

    Args:
        category: av3d's own, by the reader.
        label: the dataset's class; None or "" if it has none.
        source: the dataset.
        ontology: the project's.
    """
    format_name = source.label_attribute.partition(".")[0]
    if isinstance(label, str) and label:
        found = _match(ontology, format_name, label)
        # That a category is written as a class does not say that every object of the class is one: an
        # ambulance may be written as a van. So the reader must agree.
        if found is not None and (
            _imports(ontology, found, format_name, label)
            or label_for(ontology, OWN, found) in (None, category)
        ):
            return found
    if ontology.category(category) is not None:
        return category
    return _match(ontology, OWN, category) or category


def for_export(tracks: Sequence[Track], target: Dataset, ontology: Ontology) -> ForExport:
    """Tracks of a project as the writer of a format takes them.

    They get the class that the ontology says. Where people have said another value of an attribute
    than the reader recorded, the writer is told theirs, see `SAID`.

    Args:
        tracks: of a project.
        target: the format.
        ontology: the project's.
    """
    kept: list[Track] = []
    left_out: dict[str, list[str]] = {}
    written_as: dict[tuple[str, str], list[str]] = {}
    for given in tracks:
        label = label_for(ontology, target.name, given.category)
        if label == "":
            left_out.setdefault(given.category, []).append(given.name)
            continue
        if not target.label_attribute:  # a format that holds any category and attribute
            kept.append(given)
            continue
        track = _with_said(given, target, ontology)
        attributes = partial(attributes_for, ontology, track.category)
        if label is None or _writer_does(track, label, target):
            # The writer chooses by av3d's category and says itself what it cannot express.
            kept.append(_changed(track, track.category, attributes))
            continue
        said = track.attributes.get(target.label_attribute)
        if isinstance(said, str) and category_of(ontology, target.name, said) == track.category:
            label = said  # a narrower class that was read and is still right
        elif len(_written_as(ontology, target.name, label)) > 1:
            written_as.setdefault((track.category, label), []).append(track.name)
        own = category_of(default(), target.name, label) or "other"
        changed = _changed(track, own, attributes)
        named = {**changed.attributes, target.label_attribute: label}
        kept.append(replace(changed, attributes=named))
    losses = [
        Loss(f"category {name}", len(names), "tracks", "left out, as the ontology says", _few(names))
        for name, names in sorted(left_out.items())
    ] + [
        Loss(
            f"category {name}", len(names), "tracks", f"written as {label}, which also stands for "
            "others", _few(names),
        )
        for (name, label), names in sorted(written_as.items())
    ]  # fmt: skip
    return ForExport(tuple(kept), tuple(losses))


def class_names(target: Dataset, ontology: Ontology) -> dict[str, str]:
    """What a format calls the categories of an ontology, in its order; those left out are not there.

    A category that the ontology says nothing about keeps its own name; a format with a fixed list of
    classes is told av3d's own category that it is like.
    """
    found: dict[str, str] = {}
    for category in ontology.categories:
        label = label_for(ontology, target.name, category.key)
        if label is None and target.has_fixed_classes:
            label = label_for(ontology, OWN, category.key)
        elif label == "":
            continue
        found[category.key] = label or category.key
    return found


def joined(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Losses of several logs, the same ones as one."""
    found: dict[tuple[str, str], Loss] = {}
    for loss in losses:
        key = (loss.what, loss.detail)
        old = found.get(key)
        if old is not None:
            names = _few(old.tracks + loss.tracks)
            found[key] = replace(loss, count=old.count + loss.count, tracks=names)
        else:
            found[key] = loss
    return tuple(found.values())


def _with_said(track: Track, target: Dataset, ontology: Ontology) -> Track:
    """The track with what people said in the words of the format."""
    category = ontology.category(track.category)
    format_name = target.label_attribute.partition(".")[0]
    for attribute in ontology.attributes_of(category) if category else ():
        name = attribute.exports.get(target.name, attribute.exports.get(format_name, ""))
        if name:
            track = _said(track, attribute.key, f"{format_name}.{name}", target, ontology)
    return track


def _said(track: Track, key: str, record: str, target: Dataset, ontology: Ontology) -> Track:
    """The track with the values of one attribute in the words of the format.

    A value that only repeats the record goes: the writer knows best when a record still holds. One
    that the format cannot express stays, so that the writer counts it.
    """
    in_force = [{**track.attributes, **keyframe.attributes} for keyframe in track.keyframes]
    words = [_words(values, key, record, track.category, target, ontology) for values in in_force]
    if all(
        key in found or key not in values for found, values in zip(words, in_force, strict=True)
    ):
        return track
    # A value of the track holds where a keyframe has none: each keyframe gets its own instead.
    keyframes = [
        replace(keyframe, attributes={**_without(keyframe.attributes, key), **found})
        for keyframe, found in zip(track.keyframes, words, strict=True)
    ]
    return replace(track, keyframes=tuple(keyframes), attributes=_without(track.attributes, key))


def _words(
    values: Mapping[str, Scalar],
    key: str,
    record: str,
    category: str,
    target: Dataset,
    ontology: Ontology,
) -> dict[str, Scalar]:
    """What a writer is told of an attribute, given all values that are in force at a keyframe."""
    if key not in values:
        return {}
    own = {key: values[key]}
    if record in values:
        read = attributes_from(ontology, category, {record: values[record]})
        # 0 and 0.0 are one number here, but 1 is not true.
        if key in read and read[key] == own[key] and _is_bool(read[key]) == _is_bool(own[key]):
            return {}
    for value in attributes_for(ontology, category, own, target.name).values():
        if target.takes(record, value):
            return {f"{SAID}{record}": value}
    return own


def _without(values: Mapping[str, Scalar], key: str) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if name != key}


def _is_bool(value: Scalar) -> bool:
    return isinstance(value, bool)


def _writer_does(track: Track, label: str, target: Dataset) -> bool:
    """Whether the writer gives a track this class of its own, and nothing else was read."""
    return label_for(default(), target.name, track.category) == label and category_of(
        default(), target.name, str(track.attributes.get(target.label_attribute))
    ) in (None, track.category)


def _match(ontology: Ontology, format_name: str, label: str) -> str | None:
    """The category that a class becomes, unless it could be any of several."""
    found = category_of(ontology, format_name, label)
    if found is None or _imports(ontology, found, format_name, label):
        return found
    return found if len(_written_as(ontology, format_name, label)) == 1 else None


def _written_as(ontology: Ontology, format_name: str, label: str) -> list[str]:
    """The categories that are written as a class."""
    keys = [category.key for category in ontology.categories]
    return [key for key in keys if label_for(ontology, format_name, key) == label]


def _imports(ontology: Ontology, key: str, format_name: str, label: str) -> bool:
    """Whether a category says itself that a class becomes it."""
    category = ontology.category(key)
    return category is not None and label in category.imports.get(format_name, ())


def _changed(track: Track, category: str, convert: Convert) -> Track:
    """The track with another category and its attributes converted; itself where nothing changes."""
    attributes = convert(track.attributes)
    keyframes = [_keyframe(keyframe, convert) for keyframe in track.keyframes]
    if any(new is not old for new, old in zip(keyframes, track.keyframes, strict=True)):
        track = track.with_keyframes(keyframes)
    if category != track.category or not _equal(attributes, track.attributes):
        track = replace(track, category=category, attributes=attributes)
    return track


def _keyframe(keyframe: Keyframe, convert: Convert) -> Keyframe:
    if not keyframe.attributes:
        return keyframe
    attributes = convert(keyframe.attributes)
    if _equal(attributes, keyframe.attributes):
        return keyframe
    return replace(keyframe, attributes=attributes)


def _equal(some: Mapping[str, Scalar], others: Mapping[str, Scalar]) -> bool:
    # 1, 1.0 and true are equal in Python and different values of attributes.
    return canonical(dict(some)) == canonical(dict(others))


def _numbered(found: Sequence[Track], before: Sequence[Track]) -> tuple[Track, ...]:
    """The tracks with other numbers where two that came together would be called the same."""
    taken: dict[str, set[int]] = {}
    for track, old in zip(found, before, strict=True):
        if track.category == old.category:
            taken.setdefault(track.category, set()).add(track.number)
    numbered: list[Track] = []
    for track, old in zip(found, before, strict=True):
        numbers = taken.setdefault(track.category, set())
        if track.category != old.category and track.number in numbers:
            numbered.append(replace(track, number=max(numbers) + 1))
        else:
            numbered.append(track)
        numbers.add(numbered[-1].number)
    return tuple(numbered)


def _few(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)[:NAMED]
