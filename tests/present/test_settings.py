"""Settings: what a file says, what is wrong in it, and two windows that write the same one."""

from __future__ import annotations

import tomllib

import pytest

from av3d.present.keymap import Keymap
from av3d.present.settings import (
    MOST_RECENT,
    RecentLog,
    Settings,
    config_folder,
    merged,
    read_settings,
    settings_of,
    table_of,
)
from av3d.present.settings_file import LEAST_BETWEEN_S, SettingsFile
from av3d.render.colours import PointColour


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / "settings.toml"


def written(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_the_config_folder_is_the_one_that_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("AV3D_CONFIG_DIR", str(tmp_path))
    assert config_folder() == tmp_path
    assert Settings().key_map_path() == tmp_path / "keys.toml"


def test_without_a_file_everything_is_as_usual(path):
    assert read_settings(path) == (Settings(), None)
    assert not path.parent.exists()


def test_values_of_the_file_are_read(path):
    text = 'theme = "light"\nscale = 1.5\npoint_colour = "distance"\nauthor = "Mira"\n'
    settings, problem = read_settings(written(path, text))
    assert problem is None
    assert (settings.theme, settings.scale, settings.author) == ("light", 1.5, "Mira")
    assert settings.point_colour is PointColour.DISTANCE


def test_a_bad_value_has_its_default_and_one_message_names_file_key_and_what_is_allowed(path):
    text = 'theme = "blue"\nscale = 3\nplayback_speed = 2.0\n'
    settings, problem = read_settings(written(path, text))
    assert (settings.theme, settings.scale, settings.playback_speed) == ("dark", 1.0, 2.0)
    assert str(problem) == (
        "theme is 'blue', use dark or light; scale is 3, use 1.0, 1.25, 1.5 or 2.0, "
        f"{path}, the usual values are used; the file is kept as settings.toml.bad"
    )
    assert (path.parent / "settings.toml.bad").read_text() == text


@pytest.mark.parametrize(
    "line",
    [
        "theme = 1",
        "scale = true",
        'scale = "1.5"',
        "playback_speed = 7",
        "background_checks = 1",
        "point_size_px = 0",
        "point_size_px = 2.5",
        'point_colour = "pretty"',
        'author = "a\\nb"',
        "key_map = 5",
        "hints_seen = [1]",
        "layouts = 3",
        "recent = [1]",
        "recent = [{ frame = 3 }]",
        'recent = [{ path = "/a", frame = -1 }]',
    ],
)
def test_each_key_refuses_what_it_cannot_be(path, line):
    settings, problem = read_settings(written(path, line))
    assert settings == Settings()
    assert problem is not None
    assert line.split(" ", maxsplit=1)[0] in problem.what


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"[recent\n"])
def test_a_file_that_is_no_toml_is_kept_aside_and_told(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    settings, problem = read_settings(path)
    assert settings == Settings()
    assert str(path) in str(problem)
    assert (path.parent / "settings.toml.bad").read_bytes() == content


def test_a_table_gives_the_settings_it_was_made_of():
    settings = Settings(
        theme="light",
        scale=2.0,
        point_size_px=4,
        point_colour=PointColour.INTENSITY,
        hints_seen=("fit",),
        layouts={"Annotate": {"left": 0.2}},
        recent=(RecentLog("/logs/a", 7, "/p.sqlite", 14, "Review"),),
        other={"from_a_later_version": 1},
    )
    assert settings_of(table_of(settings)) == (settings, [])
    assert table_of(Settings()) == {}


def test_unknown_keys_are_kept(path):
    file = SettingsFile(written(path, "future = [1, 2]\n[later]\nx = 1\n"))
    file.change(theme="light")
    file.save()
    assert tomllib.loads(path.read_text()) == {
        "future": [1, 2],
        "later": {"x": 1},
        "theme": "light",
    }


def test_nothing_is_written_when_nothing_changed(path):
    file = SettingsFile(path)
    file.change(theme="dark")
    file.tick()
    file.save()
    assert not path.exists()


def test_changes_are_written_at_once_and_then_at_most_every_few_seconds(path, clock):
    file = SettingsFile(path, clock)
    file.change(scale=1.25)
    file.tick()
    assert read_settings(path)[0].scale == 1.25
    file.change(scale=1.5)
    file.tick()
    assert read_settings(path)[0].scale == 1.25
    clock.now_s += LEAST_BETWEEN_S
    file.tick()
    assert read_settings(path)[0].scale == 1.5


def test_a_log_that_is_opened_again_comes_first_and_is_there_once():
    settings = Settings()
    for number, name in enumerate("abca"):
        settings = settings.with_recent(RecentLog(f"/logs/{name}", number))
    assert [log.path for log in settings.recent] == ["/logs/a", "/logs/c", "/logs/b"]
    assert settings.recent_log("/logs/a").opened_s == 3
    assert settings.recent_log("/logs/x") is None


def test_only_the_most_recent_logs_are_kept():
    settings = Settings()
    for number in range(MOST_RECENT + 5):
        settings = settings.with_recent(RecentLog(f"/logs/{number}", number))
    assert len(settings.recent) == MOST_RECENT
    assert settings.recent[0].path == f"/logs/{MOST_RECENT + 4}"


def test_two_windows_keep_each_others_logs(path):
    one, other = SettingsFile(path), SettingsFile(path)
    one.set(one.settings.with_recent(RecentLog("/logs/a", 1)))
    other.set(other.settings.with_recent(RecentLog("/logs/b", 2)))
    one.save()
    other.save()
    settings, problem = read_settings(path)
    assert problem is None
    assert [log.path for log in settings.recent] == ["/logs/b", "/logs/a"]
    assert other.settings == settings


def test_a_value_that_only_the_other_window_changed_is_not_undone(path):
    one, other = SettingsFile(path), SettingsFile(path)
    one.change(theme="light", layouts={"mine": {"left": 0.3}})
    one.save()
    other.change(scale=2.0, layouts={"other": {"left": 0.1}})
    other.save()
    settings, _ = read_settings(path)
    assert (settings.theme, settings.scale) == ("light", 2.0)
    assert settings.layouts == {"mine": {"left": 0.3}, "other": {"left": 0.1}}


def test_a_log_that_one_window_forgets_is_forgotten():
    base = Settings(recent=(RecentLog("/logs/a", 2), RecentLog("/logs/b", 1)))
    together = merged(base, base.without_recent("/logs/a"), base.with_recent(RecentLog("/c", 3)))
    assert [log.path for log in together.recent] == ["/c", "/logs/b"]


def test_the_own_value_wins_where_both_changed_it():
    assert merged(Settings(), Settings(scale=1.5), Settings(scale=2.0)).scale == 1.5


def test_a_folder_that_cannot_be_written_is_told_once_and_the_values_count(tmp_path, clock):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    file = SettingsFile(in_the_way / "settings.toml", clock)
    file.take_messages()
    for scale in (1.25, 1.5):
        file.change(scale=scale)
        clock.now_s += LEAST_BETWEEN_S
        file.tick()
    [message] = file.take_messages()
    assert "settings are not kept" in str(message)
    assert file.settings.scale == 1.5


def test_a_file_that_somebody_broke_meanwhile_does_not_undo_settings(path):
    file = SettingsFile(path)
    file.change(author="Mira")
    file.save()
    path.write_text("author = ")
    file.change(scale=2.0)
    file.save()
    settings, problem = read_settings(path)
    assert problem is None
    assert (settings.author, settings.scale) == ("Mira", 2.0)
    assert (path.parent / "settings.toml.bad").read_text() == "author = "


@pytest.mark.parametrize(
    "text", ["scale = " + "9" * 5000, "scale = 0x" + "f" * 5000, "layouts = " + "[" * 5000]
)
def test_settings_that_no_parser_can_take_are_told_and_the_usual_ones_used(tmp_path, text):
    (tmp_path / "settings.toml").write_text(text)
    settings, problem = read_settings(tmp_path / "settings.toml")
    assert settings == Settings()
    assert problem is not None


def test_a_key_map_in_the_home_of_nobody_is_a_file_that_is_not_there():
    path = Settings(key_map="~nobody-of-this-name/keys.toml").key_map_path()
    assert Keymap.load(path).problem is None
