"""Ontologies as files: TOML and YAML that people write, JSON, and TOML out again.

docs/formats/ontology.md describes the format for users.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
import yaml

from av3d.errors import InputFileError, OutputError
from av3d.files import new_file
from av3d.ontology.checks import OntologyError
from av3d.ontology.codec import from_values
from av3d.ontology.ontology import Ontology
from av3d.ontology.picture import MAX_BYTES, MAX_TOTAL_BYTES, Picture, check_picture_path
from av3d.ontology.table import Table
from av3d.reading import decoded, read_bytes, read_toml, yaml_value

SUFFIXES = (".toml", ".yaml", ".yml", ".json")
MAX_YAML_BYTES = 150_000
"""The preset of nuScenes has 20,000; YAML takes seconds for this much."""
MAX_JSON_BYTES = 10_000_000
"""With all pictures inside."""

WHAT = "the ontology"


class _Loader(yaml.SafeLoader):
    """YAML's plain values; a key that is there twice is an error, as it is in TOML."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        twice = next((key for key, count in keys.items() if count > 1 and key != "<<"), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                problem=f"the key {twice[:60]!r} is there twice{_line(node)}"
            )
        return super().construct_mapping(node, deep)


def _line(node: yaml.Node) -> str:
    return f" in the table that begins on line {node.start_mark.line + 1}"


def read_ontology(path: Path) -> Ontology:
    """Read an ontology from a .toml, .yaml or .json file, with the pictures that it names.

    Raises:
        InputFileError: the file cannot be read, or is not what its suffix says.
        OntologyError: it holds no ontology; the message names the file, the entry and the key.
    """
    suffix = path.suffix.lower()
    if suffix == ".toml":
        values: object = read_toml(path, WHAT)
    elif suffix in (".yaml", ".yml"):
        text = decoded(read_bytes(path, WHAT, MAX_YAML_BYTES), path, WHAT)
        values = yaml_value(text, path, _Loader)
    elif suffix == ".json":
        values = _json(decoded(read_bytes(path, WHAT, MAX_JSON_BYTES), path, WHAT), path)
    else:
        raise OntologyError(
            f"an ontology is a file that ends in {', '.join(SUFFIXES)}", path, "give such a file"
        )
    try:
        return from_values(values, _PicturesBeside(path))
    except OntologyError as error:
        where = f"{path}, {error.where}" if error.where else path
        raise OntologyError(error.what, where, error.fix) from error


class _PicturesBeside:
    """Reads the pictures that a file names, until they are too many bytes."""

    def __init__(self, file: Path) -> None:
        self._folder = file.parent
        self._left = MAX_TOTAL_BYTES

    def __call__(self, table: Table) -> bytes:
        name = table.text("file", None)
        check_picture_path(name)
        content = read_bytes(self._folder / name, "picture", MAX_BYTES)
        self._left -= len(content)
        if self._left < 0:
            raise OntologyError(
                f"its pictures have more than {MAX_TOTAL_BYTES:,} bytes", table.place,
                "make them smaller or take some out",
            )  # fmt: skip
        return content


def _json(text: str, path: Path) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{WHAT} is not JSON: {error}", path, "correct the file") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice[:60]!r} is there twice")
    return table


def to_toml(ontology: Ontology) -> str:
    """The ontology as the text of a TOML file that names its pictures and does not hold them."""
    values = ontology.as_json()
    values.pop("contents", None)
    for category in values.get("categories", ()):
        for picture in category.get("pictures", ()):
            del picture["content"]
    return tomli_w.dumps(values, multiline_strings=True, indent=2)


def write_ontology(ontology: Ontology, path: Path) -> None:
    """Write an ontology.toml, and its pictures beside it.

    An existing ontology is replaced in one step, or not at all.

    Raises:
        OutputError: the disk refuses, or a picture would replace a file with another content.
    """
    if path.suffix.lower() != ".toml":
        raise OutputError("an ontology is written as TOML", path, "let the name end in .toml")
    text = to_toml(ontology)
    missing = {
        target: picture
        for picture in ontology.pictures
        if not _is_there(target := path.parent / picture.file, picture)
    }
    written: list[Path] = []
    try:
        for target, picture in missing.items():
            with new_file(target) as aside:
                aside.write_bytes(picture.content)
            written.append(target)
        with new_file(path) as aside:
            aside.write_text(text, encoding="utf-8")
    except BaseException:
        for target in written:
            with suppress(OSError):
                target.unlink()
        raise


def _is_there(target: Path, picture: Picture) -> bool:
    try:
        if not target.exists():
            return False
    except OSError as error:
        raise OutputError(
            f"cannot write: {error.strerror or error}", target, "choose another place"
        ) from error
    if read_bytes(target, "picture") != picture.content:
        raise OutputError(
            "a picture of the ontology has this name, and another content", target,
            "choose another folder for the ontology",
        )  # fmt: skip
    return True
