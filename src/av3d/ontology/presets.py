"""Ontologies by name: those of the datasets, and those that other packages bring.

A package offers one through the entry-point group `av3d.ontologies`; the entry's name is that of the
ontology, its value the package, which has the file `ontology.toml` in its folder.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from av3d.ontology.checks import OntologyError
from av3d.ontology.file import SUFFIXES, read_ontology
from av3d.ontology.ontology import Ontology, nearest

GROUP = "av3d.ontologies"
FILE = "ontology.toml"


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def presets() -> tuple[str, ...]:
    """The names of all ontologies that are installed, sorted."""
    return tuple(sorted(_entries()))


@cache
def preset(name: str) -> Ontology:
    """The installed ontology of a name.

    Raises:
        OntologyError: there is none; lists the names there are. Or its package is broken.
        InputFileError: its file cannot be read.
    """
    entries = _entries()
    if name not in entries:
        raise OntologyError(
            f"there is no ontology {name[:100]!r}", "", f"use one of: {' '.join(presets())}"
        )
    return read_ontology(_folder(entries[name]) / FILE)


@cache
def default() -> Ontology:
    """The ontology of a project that nobody gave one: av3d's own."""
    return read_ontology(Path(__file__).parent / FILE)


def load_ontology(path_or_name: str | Path) -> Ontology:
    """The ontology of a file, or the installed one of a name.

    Raises:
        OntologyError: there is neither, or the file holds none.
        InputFileError: the file cannot be read.
    """
    if isinstance(path_or_name, str) and path_or_name in _entries():
        return preset(path_or_name)
    path = Path(path_or_name)
    if path.suffix.lower() in SUFFIXES:
        return read_ontology(path)
    names = presets()
    raise OntologyError(
        "this is neither an ontology's name nor a file that ends in .toml, .yaml or .json",
        str(path_or_name),
        nearest(str(path_or_name), names, f"give a file or one of: {' '.join(names)}"),
    )


def _folder(entry: EntryPoint) -> Path:
    """The folder of an entry's package; the package itself is not imported."""
    try:
        spec = find_spec(entry.module)
    except Exception as error:  # a third-party package may raise anything when it is imported
        raise OntologyError(
            f"its package does not load: {error}", f"ontology {entry.name!r}", "reinstall it"
        ) from error
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        raise OntologyError(
            f"{entry.module} is no package", f"ontology {entry.name!r}",
            "name the package that has the ontology.toml",
        )  # fmt: skip
    return Path(folders[0])
