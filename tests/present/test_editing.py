"""What the keys do to the selected cuboids, through the workspace."""

from __future__ import annotations

import numpy as np
import pytest

from av3d.tracks.keyframe import Provenance


@pytest.fixture
def selected(editing, settle):
    editing.session.select("car-1")
    settle(editing)
    return editing


def press(workspace, key, *modifiers):
    workspace.session.modifiers = frozenset(modifiers)
    workspace.key("+".join([*modifiers, key]))
    workspace.session.modifiers = frozenset()


def centre(workspace, track_id="car-1"):
    return workspace.session.box_of(track_id).cuboid.center_m


def test_w_moves_forward_by_five_centimetres_shift_more_alt_less(selected):
    before = centre(selected)
    press(selected, "W")
    assert centre(selected) - before == pytest.approx([0.05, 0, 0])
    press(selected, "W", "Shift")
    assert centre(selected) - before == pytest.approx([0.30, 0, 0])
    press(selected, "W", "Alt")
    assert centre(selected) - before == pytest.approx([0.31, 0, 0])


def test_keys_pressed_in_a_row_are_one_step_of_undo(selected, settle, clock):
    before = centre(selected)
    for key in "WWAR":
        press(selected, key)
        clock.now_s += 0.2
        settle(selected)
    assert selected.session.labels.edits == 0
    clock.now_s += 0.7
    settle(selected)
    assert selected.session.labels.edits == 1
    press(selected, "Z", "Ctrl")
    assert centre(selected) == pytest.approx(before)


def test_after_undo_the_status_bar_says_what_was_taken_back(selected, settle, clock):
    selected.key("W")
    clock.now_s += 1.0
    settle(selected)
    [*_, entry] = selected.session.labels.editor.project.journal()
    selected.key("Ctrl+Z")
    assert selected.session.hint == f"Undone: {entry.command}"
    selected.key("Ctrl+Shift+Z")
    assert selected.session.hint == f"Done again: {entry.command}"


def test_undo_right_after_a_step_takes_it_back(selected):
    before = centre(selected)
    press(selected, "D")
    press(selected, "Z", "Ctrl")
    assert centre(selected) == pytest.approx(before)


def test_a_step_is_kept_before_another_edit_begins(selected):
    before = centre(selected)
    press(selected, "W")
    press(selected, "K")
    assert selected.session.labels.edits == 2 or centre(selected)[0] > before[0]
    assert centre(selected) - before == pytest.approx([0.05, 0, 0])


def test_a_step_in_one_frame_and_one_in_another_are_two(selected, settle, clock):
    press(selected, "W")
    selected.key("Right")
    settle(selected)
    press(selected, "W")
    clock.now_s += 1
    settle(selected)
    assert selected.session.labels.edits == 2


def test_q_turns_left(selected):
    press(selected, "Q", "Shift")
    forward = selected.session.selected_box().cuboid.frame_SE3_cuboid.rotation[:, 0]
    assert np.degrees(np.arctan2(forward[1], forward[0])) == pytest.approx(5.0)


def test_g_flips_all_keyframes_and_shift_g_one(selected):
    track = selected.session.selected_track
    press(selected, "G")
    flipped = selected.session.selected_track
    for before, after in zip(track.keyframes, flipped.keyframes, strict=True):
        turned = before.cuboid.frame_SE3_cuboid.rotation[:, 0]
        assert after.cuboid.frame_SE3_cuboid.rotation[:, 0] == pytest.approx(-turned)
    press(selected, "G", "Shift")
    again = selected.session.selected_track
    assert again.keyframes[0].cuboid.frame_SE3_cuboid.rotation[0, 0] == pytest.approx(1)
    assert again.keyframes[1].cuboid.frame_SE3_cuboid.rotation[0, 0] == pytest.approx(-1)


def test_c_swaps_length_and_width(selected):
    press(selected, "C")
    assert selected.session.selected_box().cuboid.size_lwh_m == pytest.approx([1.9, 4.4, 1.6])


def test_t_fits_and_keeps_the_size_of_a_track_with_other_keyframes(selected):
    press(selected, "D", "Shift")
    press(selected, "T")
    keyframe = selected.session.selected_track.keyframes[0]
    assert keyframe.provenance is Provenance.FITTED
    assert keyframe.cuboid.size_lwh_m == pytest.approx([4.4, 1.9, 1.6])


def test_u_brings_the_faces_to_the_points(selected):
    press(selected, "U")
    size = selected.session.selected_box().cuboid.size_lwh_m
    # The points reach from x 8 to 12 and y -1 to 1, up to z 1.5.
    assert size[0] == pytest.approx(4.0, abs=0.15)
    assert size[1] == pytest.approx(2.0, abs=0.15)


def test_h_puts_it_on_the_ground(selected):
    press(selected, "R", "Shift")
    press(selected, "H")
    box = selected.session.selected_box().cuboid
    assert box.center_m[2] - box.height_m / 2 == pytest.approx(0.01, abs=0.05)


def test_k_makes_a_keyframe_and_del_takes_it_away(selected, settle):
    for _ in range(4):
        selected.key("Right")
    settle(selected)
    press(selected, "K")
    assert len(selected.session.selected_track.keyframes) == 3
    press(selected, "Del")
    assert len(selected.session.selected_track.keyframes) == 2


def test_k_where_the_track_is_not_yet_lets_it_come(editing, settle):
    session = editing.session
    session.select("pedestrian-1")
    editing.key("End")
    settle(editing)
    assert session.selected_box() is None
    press(editing, "K")
    assert session.selected_box() is not None
    assert session.selected_track.is_present(session.log.frames[8].timestamp_ns)


def test_del_without_a_keyframe_says_so(selected, settle):
    selected.key("Right")
    settle(selected)
    press(selected, "Del")
    settle(selected)
    assert selected.session.labels.edits == 0
    assert [toast.title for toast in selected.toasts.toasts] == ["No keyframe at frame 1"]


def test_shift_del_deletes_the_track_and_undo_brings_it_back(selected):
    press(selected, "Del", "Shift")
    assert selected.session.track("car-1") is None
    press(selected, "Z", "Ctrl")
    assert selected.session.track("car-1") is not None


def test_alt_right_copies_what_stands_to_the_next_frame(editing, settle):
    session = editing.session
    session.select("pedestrian-1")
    session.go_to(5)
    settle(editing)
    before = session.selected_box().state.cuboid
    press(editing, "Right", "Alt")
    assert session.frame == 6
    after = session.selected_track.keyframe_at(session.timestamp_ns)
    assert after is not None
    assert after.cuboid.center_m == pytest.approx(before.center_m)


def test_alt_right_takes_what_moves_to_where_it_would_be(editing, settle):
    session = editing.session
    editing.session.go_to(5)
    session.select("car-1")
    settle(editing)
    press(editing, "K")
    press(editing, "Right", "Alt")
    keyframe = session.selected_track.keyframe_at(session.timestamp_ns)
    assert keyframe.cuboid.center_m == pytest.approx([13.0, 0, 0.8], abs=0.02)


def test_a_cuboid_is_pasted_in_another_frame_and_as_a_new_track(selected, settle):
    session = selected.session
    press(selected, "C", "Ctrl")
    session.go_to(3)
    settle(selected)
    press(selected, "V", "Ctrl")
    pasted = session.selected_track.keyframe_at(session.timestamp_ns)
    assert pasted.cuboid.center_m == pytest.approx([10, 0, 0.8])
    selected.run("edit.paste_new")
    assert session.selected not in ("car-1", None)
    assert session.selected_track.category == "car"


def test_a_number_changes_the_category_of_the_selection_or_of_new_cuboids(selected):
    session = selected.session
    categories = session.labels.ontology.categories
    press(selected, "2")
    assert session.selected_track.category == categories[1].key
    session.select(None)
    press(selected, "3")
    assert session.category.key == categories[2].key


def test_m_makes_it_static_and_back(selected):
    press(selected, "M")
    assert selected.session.selected_track.static
    press(selected, "M")
    assert not selected.session.selected_track.static


def test_fit_between_keyframes_is_long_work_and_one_step(editing, settle, monkeypatch):
    from av3d.assist import fill

    session = editing.session
    session.select("car-1")
    asked = []

    def filled(log, track, start_ns, end_ns, *, others, motion):
        asked.append((track, start_ns, end_ns, [other.id for other in others]))
        middle = 500_000_000
        from av3d.tracks.keyframe import Keyframe
        from av3d.tracks.noise import Noise

        key = Keyframe(
            middle, track.keyframes[0].cuboid, Provenance.FITTED, noise=Noise(0.1, 0.1, 0.1, 0.1)
        )
        return fill.Fill(track, (key,), (), start_ns, end_ns)

    monkeypatch.setattr(fill, "fill_track", filled)
    before = session.selected_track
    editing.run("edit.fill")
    while session.works.busy:
        settle(editing)
    [(track, start_ns, end_ns, others)] = asked
    assert (start_ns, end_ns) == (before.times_ns[0], before.times_ns[-1])
    assert others == ["car-2", "pedestrian-1"]
    # The last keyframe was fitted by itself: it counts as set by hand, and stays what it is.
    assert track.keyframes[-1].provenance is Provenance.MANUAL
    after = session.selected_track
    assert [key.provenance for key in after.keyframes] == [
        Provenance.MANUAL, Provenance.FITTED, Provenance.FITTED,
    ]  # fmt: skip
    press(editing, "Z", "Ctrl")
    assert len(session.selected_track.keyframes) == 2


def test_what_was_edited_meanwhile_is_not_overwritten_by_a_fill(editing, settle):
    from av3d.present.filling import _keep
    from av3d.tracks.operations import life

    session = editing.session
    track = session.track("car-1")
    session.edits.do("Note", lambda d: life.write_note(d, "car-1", "red"))
    _keep(session, "Car 1", [(track, track.with_keyframes(track.keyframes[:1]), 3)])
    assert session.track("car-1").note == "red"
    assert len(session.track("car-1").keyframes) == 2


def test_several_are_nudged_as_one_body(editing, settle):
    session = editing.session
    session.select_many(["car-1", "pedestrian-1"])
    settle(editing)
    before = centre(editing, "pedestrian-1")
    press(editing, "W", "Shift")
    assert centre(editing, "pedestrian-1") - before == pytest.approx([0.25, 0, 0])


def test_a_log_without_points_there_says_what_to_do(editing, settle):
    session = editing.session
    session.select("pedestrian-1")
    settle(editing)
    press(editing, "T")
    settle(editing)
    [toast] = editing.toasts.toasts
    assert toast.title == "Fit: not done"
    assert "points" in toast.text
    assert session.labels.edits == 0
