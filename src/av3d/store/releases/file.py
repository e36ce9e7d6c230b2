"""A release as a file of its own, which needs no project: docs/formats/release.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from av3d.errors import Av3dError
from av3d.files import new_file
from av3d.ontology.ontology import Ontology
from av3d.reading import open_file
from av3d.store.decoding import NONSENSE, value_of
from av3d.store.errors import StoreError
from av3d.store.exchange_lines import END, Line, Lines, TextKind, line_of
from av3d.store.releases.content import KINDS, LabelLines, sha256_of
from av3d.store.releases.decoding import track_of
from av3d.store.releases.labels import Labels, document_of, released_state
from av3d.store.releases.making import releases
from av3d.store.releases.release import Release
from av3d.store.view import ProjectView
from av3d.tracks.delta import as_tree
from av3d.tracks.document import missing_reference, references
from av3d.tracks.event import Event
from av3d.tracks.track import Track

RELEASE_TEXT = TextKind(
    "av3d-release",
    (1,),
    "a release's file",
    "give what `av3d release export` has written",
)
EARLIER, LABELS = "earlier", "labels"


@dataclass(frozen=True, eq=False)
class ReleaseFile:
    """What a release's file holds.

    Attributes:
        release: the release.
        earlier: those before it, the first one first; they tell the chain.
        labels: its labels.
        faults: what is not as the digests say, one sentence each.
    """

    release: Release
    earlier: tuple[Release, ...]
    labels: Labels
    faults: tuple[str, ...]


def write_release_file(project: ProjectView, release: Release, path: Path) -> None:
    """Write a release with its labels, its ontology and the releases before it, aside first.

    The same release gives the same bytes.

    Raises:
        StoreError: its labels cannot be rebuilt as they were released.
        OutputError: the file cannot be written; nothing is left of it.
    """
    known = [one for one in releases(project) if one.number <= release.number]
    with project.reading() as connection:
        state = released_state(connection, release)
    lines = LabelLines()
    with new_file(path) as aside, aside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(line_of(RELEASE_TEXT.format, {"version": RELEASE_TEXT.versions[0]}))
        for one in known:
            file.write(line_of(EARLIER if one.id != release.id else Release.kind, one.as_json()))
        file.write(line_of(Ontology.kind, state["", Ontology.kind, Ontology.id]))
        for log in release.logs:
            file.write(line_of(LABELS, {"log": log.name}))
            file.writelines(lines.of(state, log.name))
        file.write(line_of(END, RELEASE_TEXT.format))


def is_release_file(path: Path) -> bool:
    """Whether a file begins like a release's."""
    try:
        with path.open("rb") as file:
            start = file.read(100)
    except OSError:
        return False
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b'{"av3d-release"')


def read_release_file(path: Path) -> ReleaseFile:
    """Read a release's file and compare all that it holds with its digests.

    Raises:
        InputFileError: it cannot be read.
        StoreError: it is none, or a line makes no sense; says which.
    """
    with open_file(path, RELEASE_TEXT.what) as file:
        return _Reading(Lines(file, path, RELEASE_TEXT), path).read()


class _Reading:
    def __init__(self, lines: Lines, path: Path) -> None:
        self._lines = lines
        self._path = path
        self._faults: list[str] = []

    def read(self) -> ReleaseFile:
        earlier = [self._release(line) for line in self._lines.all(EARLIER)]
        first = self._take(Release.kind)
        release = self._release(first)
        self._check_chain([*earlier, release])
        line = self._take(Ontology.kind)
        ontology = self._value(line)
        if not isinstance(ontology, Ontology):
            raise line.wrong("this is no ontology")
        if ontology.digest != release.ontology.digest:
            self._faults.append("the ontology is not the released one")
        documents = {}
        for log in release.logs:
            section = self._take(LABELS)
            if section.fields("log") != [log.name]:
                raise section.wrong(f"the labels of log {log.name} should begin here")
            tracks, events, sha256 = self._labels()
            if sha256 != log.sha256:
                self._faults.append(
                    f"the labels of log {log.name} are not those that were released"
                )
            documents[log.name] = document_of(tracks, events)
        end = self._lines.finish()
        if end.value != RELEASE_TEXT.format:
            raise end.wrong("this is another end")
        labels = Labels(
            release.id,
            str(self._path),
            ontology,
            documents,
            {log.name: (log.start_ns, log.end_ns) for log in release.logs},
            release.position,
            release.journal_digest,
            release.time_ns,
            release,
        )
        return ReleaseFile(release, tuple(earlier), labels, tuple(self._faults))

    def _labels(self) -> tuple[list[Track], list[Event], str]:
        """The labels of one log and their digest."""
        tracks: dict[str, Track] = {}
        events: dict[str, Event] = {}
        last = ("", "")
        referring: list[tuple[Line, Track | Event]] = []

        def read() -> Iterator[str]:
            nonlocal last
            for kind in KINDS:
                for line in self._lines.all(kind):
                    value = self._value(line)
                    if isinstance(value, Track):
                        tracks[value.id] = value
                    elif isinstance(value, Event):
                        events[value.id] = value
                    if not last < (kind, value.id):
                        raise line.wrong(f"{kind} {value.id[:60]} is there twice, or out of order")
                    last = (kind, value.id)
                    if isinstance(value, Track | Event) and references(value):
                        referring.append((line, value))
                    # Of what was read, not of the value: also what the value would not show counts.
                    yield line_of(kind, line.value)

        sha256 = sha256_of(read())
        for line, value in referring:
            for target in references(value):
                if target not in tracks:
                    raise line.wrong(missing_reference(value.kind, value.id[:60], target[:60]).what)
        return list(tracks.values()), list(events.values()), sha256

    def _take(self, what: str) -> Line:
        line = self._lines.take(what)
        if line is None:
            found = self._lines.peek()
            raise found.wrong(f"a line {what!r} should be here, not {found.what[:40]!r}")
        return line

    def _release(self, line: Line) -> Release:
        value = self._value(line, Release.kind)
        if not isinstance(value, Release):
            raise line.wrong("this is no release")
        return value

    def _value(self, line: Line, kind: str = "") -> Release | Ontology | Track | Event:
        """The value of a line."""
        kind = kind or line.what
        try:
            tree = as_tree(line.value)
            value = track_of(tree) if kind == Track.kind else value_of(kind, tree)
        except (*NONSENSE, RecursionError) as error:
            if isinstance(error, TypeError):  # whose words are about the program
                what = "a key is missing, unknown, or holds another kind of value"
            else:
                what = (
                    error.what if isinstance(error, Av3dError) else str(error) or "it is too deep"
                )
            raise line.wrong(f"no {kind}: {what[:200]}") from error
        if not isinstance(value, Release | Ontology | Track | Event):
            raise line.wrong(f"no {kind}")
        return value

    def _check_chain(self, chain: list[Release]) -> None:
        previous = ""
        for number, one in enumerate(chain, start=1):
            if one.number != number or one.previous != previous:
                self._faults.append(
                    f"the chain is broken: release {one.id} does not follow the one before it"
                )
                return
            previous = one.sha256


def sound_release_file(path: Path) -> ReleaseFile:
    """A release's file of which all is as its digests say.

    Raises:
        InputFileError, StoreError: it is not.
    """
    found = read_release_file(path)
    if found.faults:
        raise StoreError(found.faults[0], path, "copy the file again")
    return found
