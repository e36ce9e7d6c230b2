"""Pieces of HTML. What comes from labels, names and notes is text and can be nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        html: what stands in it.
        value: what it is sorted by, if that is a number.
    """

    html: str
    value: float | None = None


def text(words: object) -> str:
    """Words as HTML; what no page may hold is shown as a question mark."""
    clean = "".join(
        sign if sign in "\n\t" or sign.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for sign in str(words)
    )
    return escape(clean.encode("utf-8", "replace").decode(), quote=True)


def cell(words: object) -> Cell:
    """A cell of words."""
    return Cell(text(words))


def number(value: float | None, digits: int = 0, unit: str = "") -> Cell:
    """A cell with a number, sorted by it; empty for None."""
    if value is None:
        return Cell("", float("nan"))
    words = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
    between = "" if unit == "°" else " "
    return Cell(text(f"{words}{between}{unit}".rstrip()), value)


def share(value: float | None) -> Cell:
    """A cell with a part of a whole in percent."""
    if value is None:
        return Cell("", float("nan"))
    return Cell(f"{100 * value:.1f}\N{NO-BREAK SPACE}%", value)


def with_bar(shown: Cell, highest: float) -> Cell:
    """A cell of a number with a bar behind it, full at `highest`."""
    if shown.value is None or shown.value != shown.value or highest <= 0:
        return shown
    width = round(80 * min(max(shown.value / highest, 0.0), 1.0))
    bar = f'<span class="share" style="width:{width}px"></span>'
    return Cell(f'<span class="number rate">{shown.html}</span>{bar}', shown.value)


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    kinds: str,
    *,
    name: str = "",
    row_attributes: Sequence[str] = (),
) -> str:
    """A table.

    Args:
        heads: of the columns.
        rows: cells by column.
        kinds: by column "n" for numbers, "w" for sentences, "t" for other words.
        name: its ID in the page.
        row_attributes: of each row, as HTML.
    """
    classes = {"n": ' class="n"', "w": ' class="words"', "t": ""}
    head = "".join(
        f'<th{classes[kind] if kind == "n" else ""} scope="col">{text(words)}</th>'
        for words, kind in zip(heads, kinds, strict=True)
    )
    lines = []
    for place, row in enumerate(rows):
        cells = "".join(
            f"<td{classes[kind]}{_sorted_by(one)}>{one.html}</td>"
            for one, kind in zip(row, kinds, strict=True)
        )
        attributes = f" {row_attributes[place]}" if row_attributes else ""
        lines.append(f"<tr{attributes}>{cells}</tr>")
    named = f' id="{name}"' if name else ""
    return (
        f'<div class="panel"><table{named}><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def section(title: str, *parts: str, name: str = "") -> str:
    """A part of the page with its title; "" without anything in it."""
    inside = "\n".join(part for part in parts if part)
    named = f' id="{name}"' if name else ""
    return f"<section{named}><h2>{text(title)}</h2>\n{inside}\n</section>" if inside else ""


def note(words: str) -> str:
    """A remark in a paragraph of its own."""
    return f'<p class="note">{text(words)}</p>'


def _sorted_by(one: Cell) -> str:
    return "" if one.value is None else f' data-v="{one.value:.6g}"'
