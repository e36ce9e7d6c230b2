"""Damage to tables of text: other values, other types, other shapes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzing.files import Damage, put

_WORD = re.compile(r"[-+\w./]+")
WORDS = (
    "", "0", "-1", "1", "nan", "NaN", ".nan", "inf", "-inf", "Infinity", "-.inf", "1e400", "-1e308",
    "1e-320", "1e30", "1e9", "9" * 400, "9" * 5000, str(2**31), str(2**53), str(2**63), str(2**64),
    str(-(2**63)), "1_0", "0x7f", "0b1", "1e", "--1", "true", "false", "null", "None", "~", "yes",
    '"text"', "'", '"', '"""', "[]", "{}", "[[[]]]", "[1, 2]", "{a: 1}", "<x/>", "</item>", "&amp;",
    "&undefined;", "<![CDATA[7]]>", "ä", "日本", "\u202e", "\x00", "\x1b[2J", "\n", "\r", "\t", "#", ",",
    ";", ":", "=", "-", "*a", "&a [*a]", "!!python/object/apply:os.system [id]", "!!binary aGk=",
    "2026-01-01", "12:30:45", "٣", "1,5", "1.5.2", "../../../../etc/passwd", "/etc/passwd", "/dev/zero",
    "~/x", "C:\\x", "file:///etc/passwd", "http://127.0.0.1:9/x", "x" * 300, "x" * 100_000, "%s%n",
    "{0}", "$HOME", "1 " * 50, "0" * 60_000,
)  # fmt: skip


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def write(path: Path, text: str) -> None:
    put(path, text.encode("utf-8", "surrogatepass"))


def words_replaced(path: Path, chance: random.Random) -> None:
    """Some of the words and numbers become others, whatever the format."""
    text = read(path)
    found = list(_WORD.finditer(text))
    for match in sorted(
        chance.sample(found, min(len(found), chance.choice([1, 1, 1, 2, 5]))),
        key=lambda match: -match.start(),
    ):
        text = text[: match.start()] + chance.choice(WORDS) + text[match.end() :]
    write(path, text)


def one_word_everywhere(path: Path, chance: random.Random) -> None:
    """All that stands for the same thing becomes another: a key, a type, a token, all numbers."""
    text = read(path)
    found = _WORD.findall(text)
    if found and chance.random() < 0.7:
        text = re.sub(rf"(?<!\w){re.escape(chance.choice(found))}(?!\w)",
                      lambda _: chance.choice(WORDS[:40]), text)  # fmt: skip
    else:
        word = chance.choice(WORDS[:20])
        text = re.sub(r"(?<![\w.])-?\d+\.?\d*(e[-+]?\d+)?(?![\w.])", lambda _: word, text)
    write(path, text)


def lines_changed(path: Path, chance: random.Random) -> None:
    lines = read(path).splitlines(keepends=True)
    if lines:
        at = chance.randrange(len(lines))
        action = chance.randrange(8)
        if action == 0:
            del lines[at]
        elif action == 1:
            lines.insert(at, lines[at])
        elif action == 2:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif action == 3:
            lines.reverse()
        elif action == 4:
            lines[at] = (
                lines[at].rstrip("\n") + chance.choice([",1", " 1", " x", ",", ' "', "]"]) + "\n"
            )
        elif action == 5:
            lines[at] = lines[at][len(lines[at]) // 2 :]
        elif action == 6:
            lines = lines[:at] + [lines[at]] * 2_000 + lines[at:]
        else:
            lines[at] = lines[at] * 2
    write(path, "".join(lines))


def encoded(path: Path, chance: random.Random) -> None:
    """Another encoding, another way to end lines, NUL and escape characters."""
    data = path.read_bytes()
    text = read(path)
    at = chance.randrange(len(data) + 1)
    write_as: list[Callable[[], bytes]] = [
        lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("utf-16", "surrogatepass"),
        lambda: text.encode("utf-16-be", "surrogatepass"),
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: data.replace(b"\n", b" "),
        lambda: data.replace(b" ", "\u00a0".encode()),
        lambda: data[:at] + b"\x00" + data[at:],
        lambda: data[:at] + b"\xff\xfe" + data[at:],
        lambda: data[:at] + b"\xed\xa0\x80" + data[at:],
        lambda: b"\n" * 100_000 + data,
        lambda: b" " * 1_000_000 + data,
        lambda: data + data,
    ]
    put(path, chance.choice(write_as)())


def nested(path: Path, chance: random.Random) -> None:
    """Brackets that never end, or a value that is nested deeper than anybody's stack."""
    depth = chance.choice([300, 5_000, 200_000])
    opened, closed = chance.choice([("[", "]"), ("{", "}"), ('{"a":', "}"), ("- ", ""), ("(", ")"),
                                    ("<a>", "</a>"), ("? ", ""), ("a.", "b=1"), ('"', "")])  # fmt: skip
    # PyYAML takes seconds for a megabyte of brackets in Python, which are not worth the wait.
    if path.suffix in (".yaml", ".yml"):
        depth = min(depth, 5_000)
    deep = opened * depth + closed * (depth if chance.random() < 0.7 else 0)
    text = read(path)
    found = list(_WORD.finditer(text))
    if found and chance.random() < 0.6:
        match = chance.choice(found)
        write(path, text[: match.start()] + deep + text[match.end() :])
    else:
        write(path, deep)


def bomb(path: Path, chance: random.Random) -> None:
    """A few bytes that unfold to gigabytes in readers that follow references."""
    if path.suffix == ".xml":
        entities = "".join(
            f'<!ENTITY e{k} "{f"&e{k - 1};" * 10 if k else "ha"}">' for k in range(12)
        )
        outside = '<!ENTITY x SYSTEM "file:///etc/passwd">'
        text = read(path)
        declared = chance.choice([entities, outside])
        name = "e11" if declared == entities else "x"
        text = re.sub(r"<!DOCTYPE [^>]*>", f"<!DOCTYPE b [{declared}]>", text)
        text = text.replace("Van", f"&{name};")
        text = re.sub(r"\sstandalone=\"yes\"", "", text)
        if chance.random() < 0.5:
            text = text.replace("UTF-8", "UTF-16")
            put(path, text.encode("utf-16"))
        else:
            write(path, text)
        return
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 12)]
    bombed = "\n".join(lines) + "\n"
    text = read(path)
    found = list(re.finditer(r"\[[^\[\]]*\]|\d+\.\d+", text))
    if found and chance.random() < 0.7:
        match = chance.choice(found)
        # The bomb stands where a list of numbers or a number is expected.
        head = text.startswith("%YAML")
        text = text[: match.start()] + "*a11" + text[match.end() :]
        text = text.replace("---\n", "---\n" + bombed, 1) if head else bombed + text
        write(path, text)
    else:
        write(path, bombed + text)


VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, 2**64, 10**30, 10**400, -(10**400), 1e308, -1e308, 1e-320,
    1e18, 1e25, float("nan"), float("inf"), "", "0", "1e3", "nan", "ä", "\ud800", "\x00", "\n", "../../x",
    "../../../../../etc/passwd", "/etc/passwd", "x" * 300, "x" * 50_000, [], {}, [[]], [None], [1, 2],
    [1] * 1000, {"a": 1}, {"w": 1}, [[1, 2], [3]], [[[[1]]]], 0.5, "samples/../../x", "a/b",
)  # fmt: skip


def json_changed(path: Path, chance: random.Random) -> None:
    """Values of a JSON document become others, keys and rows go away or come twice."""
    try:
        document = json.loads(read(path))
    except ValueError:
        words_replaced(path, chance)
        return
    for _ in range(chance.choice([1, 1, 2, 4])):
        document = _changed(document, chance)
    write(path, json.dumps(document, ensure_ascii=chance.random() < 0.8))


def _changed(document: Any, chance: random.Random) -> Any:
    """The document with one change at a random depth."""
    if not isinstance(document, dict | list) or not document or chance.random() < 0.04:
        return chance.choice(VALUES)
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = chance.choice(keys)
    action = chance.random()
    if action < 0.7:
        document[key] = _changed(document[key], chance)
    elif action < 0.8:
        del document[key]
    elif action < 0.85 and isinstance(document, list):
        document.append(document[key])
    elif action < 0.9 and isinstance(document, list):
        document.reverse()
    elif action < 0.95:
        document[key] = document[chance.choice(keys)]
    elif isinstance(document, dict):
        document[chance.choice(["", "x", "ä", "\n", "a" * 1000, "__class__"])] = chance.choice(
            VALUES
        )
    else:
        document[key] = chance.choice(VALUES)
    return document


def column_changed(path: Path, chance: random.Random) -> None:
    """One key gets the same senseless value, or values that are swapped, in all rows of a table."""
    try:
        rows = json.loads(read(path))
    except ValueError:
        words_replaced(path, chance)
        return
    rows_here = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if rows_here:
        key = chance.choice(sorted(rows_here[0]))
        value = chance.choice(VALUES)
        other = chance.choice(rows_here).get(key)
        for row in rows_here:
            if chance.random() < 0.9:
                row[key] = value if chance.random() < 0.5 else other
    write(path, json.dumps(rows))


TEXTS: tuple[Damage, ...] = (
    words_replaced, words_replaced, words_replaced, words_replaced, one_word_everywhere, lines_changed,
    lines_changed, encoded, nested,
)  # fmt: skip
JSON: tuple[Damage, ...] = (
    json_changed, json_changed, json_changed, json_changed, column_changed, column_changed,
)  # fmt: skip
