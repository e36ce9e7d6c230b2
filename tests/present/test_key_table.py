from __future__ import annotations

from av3d.present.commands import COMMANDS
from av3d.present.key_table import BEGIN, tables, updated


def test_the_guide_has_the_keys_that_the_program_has(repository):
    page = (repository / "docs/guide/keys.md").read_text(encoding="utf-8")
    assert page == updated(page), "run `make keys`"


def test_every_command_with_a_key_is_in_the_tables():
    text = tables()
    missing = [
        command.name for command in COMMANDS for key in command.keys
        if key != "`" and f"`{key}`" not in text
    ]  # fmt: skip
    assert missing == []


def test_what_is_written_above_the_tables_stays():
    assert updated(f"# Keys\n\nMine.\n\n{BEGIN}\n\nold").startswith("# Keys\n\nMine.\n\n" + BEGIN)
    assert "old" not in updated(f"# Keys\n\n{BEGIN}\n\nold")
