import contextlib
import json
import os
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.errors import Av3dError, InputFileError, OutputError
from av3d.ontology.attribute import Attribute, AttributeKind, Per, Value
from av3d.ontology.category import Category
from av3d.ontology.checks import OntologyError
from av3d.ontology.event_kind import EventKind, Extent
from av3d.ontology.file import read_ontology, to_toml, write_ontology
from av3d.ontology.motion import Motion
from av3d.ontology.ontology import Ontology
from av3d.ontology.picture import Picture
from av3d.ontology.relation_kind import RelationKind

SMALL = """
name = "mine"
version = 2

[[categories]]
key = "car"
size_lwh_m = [4.5, 2, 1.6]
pictures = [{ file = "pictures/car.png", caption = "A car" }]
"""
PNG = b"\x89PNG\r\n\x1a\n car"
CAR = Category(
    "car", size_lwh_m=(4.5, 2.0, 1.6), pictures=(Picture("pictures/car.png", PNG, "A car"),)
)

keys = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
names = st.one_of(st.text(string.ascii_letters + " -_", min_size=1, max_size=9), keys).filter(
    lambda text: text == text.strip() and bool(text)
)
prose = st.text(
    st.one_of(st.sampled_from('"\\\n\t#\u2028\ufeff='), st.characters(exclude_categories=["Cc", "Cs"])),
    max_size=30,
)  # fmt: skip
lengths = st.floats(0.01, 100)
mappings = st.dictionaries(names, st.one_of(st.just(""), names), max_size=3)
attribute_keys = names.filter(lambda text: "." not in text)


@st.composite
def categories(draw: st.DrawFn, key: str, attributes: list[str]) -> Category:
    sizes = [sorted([draw(lengths), draw(lengths), draw(lengths)]) for _ in range(3)]
    smallest, usual, largest = ((a[n], b[n], c[n]) for a, b, c in [sizes] for n in range(3))
    return Category(
        key,
        draw(st.one_of(st.just(""), names)),
        usual,
        draw(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)),
        smallest_lwh_m=draw(st.sampled_from([smallest, None])),
        largest_lwh_m=draw(st.sampled_from([largest, None])),
        attributes=tuple(attributes),
        longest_gap_s=draw(st.one_of(st.none(), lengths)),
        motion=draw(st.sampled_from(Motion)),
        guidance=draw(prose),
        exports=draw(mappings),
        imports={key: (key,)},
    )


@st.composite
def attributes(draw: st.DrawFn, key: str) -> Attribute:
    kind = draw(st.sampled_from(AttributeKind))
    values = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    low, high = sorted([draw(st.floats(-1e9, 1e9)), draw(st.floats(-1e9, 1e9))])
    default: dict[AttributeKind, Any] = {
        AttributeKind.ENUM: values[0],
        AttributeKind.BOOL: draw(st.booleans()),
        AttributeKind.NUMBER: draw(st.sampled_from([low, high])),
        AttributeKind.TEXT: draw(prose) or None,
    }
    is_number = kind == AttributeKind.NUMBER
    return Attribute(
        key,
        kind,
        values=tuple(Value(value, exports=draw(mappings)) for value in values)
        if kind == AttributeKind.ENUM
        else (),
        minimum=low if is_number else None,
        maximum=high if is_number else None,
        unit=draw(st.sampled_from(["", "m/s"])) if is_number else "",
        per=draw(st.sampled_from(Per)),
        required=draw(st.booleans()),
        default=draw(st.sampled_from([default[kind], None])),
        guidance=draw(prose),
    )


@st.composite
def ontologies(draw: st.DrawFn) -> Ontology:
    attribute_names = draw(st.lists(attribute_keys, max_size=3, unique=True))
    category_names = draw(st.lists(names, max_size=3, unique=True))
    events = draw(st.lists(names, max_size=2, unique=True))
    relations = draw(st.lists(names, max_size=2, unique=True))
    return Ontology(
        draw(names),
        draw(st.integers(1, 2**31 - 1)),
        tuple(draw(categories(key, attribute_names)) for key in category_names),
        tuple(draw(attributes(key)) for key in attribute_names),
        tuple(EventKind(key, extent=draw(st.sampled_from(Extent))) for key in events),
        tuple(RelationKind(key, children=tuple(category_names)) for key in relations),
        draw(prose),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ontologies")


@settings(max_examples=60)
@given(ontology=ontologies())
def test_an_ontology_comes_back_from_toml_yaml_and_json_as_it_was(
    folder: Path, ontology: Ontology
) -> None:
    write_ontology(ontology, folder / "a.toml")
    assert read_ontology(folder / "a.toml") == ontology
    (folder / "a.json").write_text(json.dumps(ontology.as_json()), encoding="utf-8")
    assert read_ontology(folder / "a.json") == ontology
    text = yaml.safe_dump(ontology.as_json(), allow_unicode=True, sort_keys=False)
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    found = read_ontology(folder / "a.yaml")
    assert found == ontology
    assert found.digest == ontology.digest
    assert to_toml(found) == (folder / "a.toml").read_text(encoding="utf-8")


def test_the_example_of_the_documents_is_an_ontology(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs" / "formats" / "ontology.md").read_text()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "van.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "town.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    ontology = read_ontology(tmp_path / "town.toml")
    assert [category.key for category in ontology.categories] == ["car", "trailer"]


def test_the_code_of_the_guide_runs(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (repository / "docs" / "guide" / "ontology.md").read_text()
    monkeypatch.chdir(tmp_path)
    exec(page.split("```python\n")[1].split("```")[0], {})
    assert read_ontology(tmp_path / "town.toml").name == "nuscenes"


def test_pictures_beside_the_file_are_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "car.png").write_bytes(PNG)
    (tmp_path / "mine.toml").write_text(SMALL)
    assert read_ontology(tmp_path / "mine.toml") == Ontology("mine", 2, (CAR,))


def test_pictures_are_written_beside_the_file(tmp_path: Path) -> None:
    ontology = Ontology("mine", 2, (CAR,))
    target = tmp_path / "ordner ü" / "mine.toml"
    write_ontology(ontology, target)
    assert (target.parent / "pictures" / "car.png").read_bytes() == PNG
    assert read_ontology(target) == ontology
    write_ontology(ontology, target)  # the same picture is there already


def test_a_picture_never_replaces_another_file(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "car.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match="has this name, and another content"):
        write_ontology(Ontology("mine", 2, (CAR,)), tmp_path / "mine.toml")
    assert (tmp_path / "pictures" / "car.png").read_bytes() == b"mine"
    assert not (tmp_path / "mine.toml").exists()


def test_nothing_is_left_when_the_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(OutputError, match="a folder, not a file"):
        write_ontology(Ontology("mine", 2, (CAR,)), tmp_path / "mine.toml")
    assert [path.name for path in tmp_path.rglob("*.png")] == []


def test_ontologies_are_written_as_toml_only(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"let the name end in \.toml"):
        write_ontology(Ontology("mine"), tmp_path / "mine.yaml")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", b"", "missing key"),
        ("a.toml", b"name = ", "the ontology is not TOML"),
        ("a.toml", b"\xff\xfe", "is not UTF-8"),
        ("a.toml", b"name = 'a'\nname = 'b'", "is not TOML"),
        ("a.toml", b"#" * 1_000_001, "limit 1,000,000"),
        ("a.toml", b"a" + b".a" * 200 + b" = 1", "200 dots"),
        ("a.toml", b"name = 'a'\nversion = " + b"9" * 5000, "is not TOML"),
        ("a.toml", b"name = 2026-11-21", "is not text"),
        ("a.yaml", b"", "None is no table"),
        ("a.yaml", b"- 1", "is no table"),
        ("a.yaml", b"name: [", "not readable"),
        ("a.yaml", b"name: a\nname: b", "the key 'name' is there twice"),
        ("a.yaml", b"!!python/object/apply:os.system ['true']", "not readable"),
        ("a.yaml", b"[" * 100_000, "not readable"),
        ("a.yaml", b"&a [*a]", "unfold to more than 100,000 values"),
        ("a.yaml", BOMB.encode(), "unfold to more than 100,000 values"),
        ("a.yaml", b"#" * 150_001, "limit 150,000"),
        ("a.yml", b"? [a, b]\n: 1", "not readable"),
        ("a.yml", b"name: 2026-11-21", "is not text"),
        ("a.json", b"", "is not JSON"),
        ("a.json", b'{"name": "a", "name": "b"}', "the key 'name' is there twice"),
        ("a.json", b"[" * 100_000, "is not JSON"),
        ("a.json", b'{"name": "a", "categories": [{"key": "c", "longest_gap_s": NaN}]}', "finite"),
        ("a.json", b'{"name": "a", "version": ' + b"9" * 5000 + b"}", "is not JSON"),
        ("a.txt", b"", "an ontology is a file that ends in .toml, .yaml, .yml, .json"),
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises((OntologyError, InputFileError)) as error:
        read_ontology(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot read the ontology"):
        read_ontology(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("../secret.png", "does not name a file beside the ontology"),
        ("/etc/passwd", "does not name a file beside the ontology"),
        ("none.png", "cannot read picture"),
        ("loop.png", "cannot read picture"),
        ("pipe.png", "not a regular file"),
        ("folder", "cannot read picture"),
        ("text.png", "neither PNG nor JPEG"),
    ],
)
def test_a_picture_that_cannot_be_had_is_told(tmp_path: Path, picture: str, message: str) -> None:
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.png").write_text("words")
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.replace("pictures/car.png", picture))
    with pytest.raises(Av3dError) as error:
        read_ontology(path)
    assert message in str(error.value)


def test_many_large_pictures_are_not_all_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG + bytes(400_000))
    rows = "".join(
        f'[[categories]]\nkey = "c{n}"\npictures = [{{ file = "a.png" }}]\n' for n in range(100)
    )
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\n{rows}')
    with pytest.raises(OntologyError, match="more than 5,000,000 bytes"):
        read_ontology(path)


@settings(max_examples=60)
@given(st.data())
def test_damage_is_an_error_of_our_own_or_none(folder: Path, data: st.DataObject) -> None:
    good = SMALL.replace("pictures = ", "# ").encode()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] = data.draw(st.integers(0, 255))
    path = folder / "bad.toml"
    path.write_bytes(bytes(bad[: data.draw(st.integers(0, len(bad)))]))
    with contextlib.suppress(Av3dError):  # anything else fails the test
        assert read_ontology(path).name


def test_a_name_that_is_too_long_for_the_disk_is_one_line(tmp_path: Path) -> None:
    long = Picture("x" * 296 + ".png", PNG)
    with pytest.raises(OutputError, match="cannot write"):
        write_ontology(
            Ontology("mine", 1, (Category("car", pictures=(long,)),)), tmp_path / "a.toml"
        )
    assert list(tmp_path.iterdir()) == []
