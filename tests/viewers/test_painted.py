from __future__ import annotations

from av3d_viewers.painted import Painted


def shown(frame):
    return {"main": frame, "camera": None}


def test_a_new_texture_shows_after_three_drawn_frames():
    painted = Painted()
    painted.prepared(shown(5), 3, changed=True)
    for _ in range(2):
        painted.frame_drawn()
        assert not painted.done
        assert painted.shown == shown(None)
        painted.prepared(shown(5), 1, changed=False)
    painted.frame_drawn()
    assert painted.done
    assert painted.shown == shown(5)


def test_while_playing_each_frame_shows_one_frame_later():
    painted = Painted()
    seen = []
    for frame in range(4):
        painted.prepared(shown(frame), 2, changed=True)
        painted.frame_drawn()
        seen.append(painted.shown["main"])
    assert seen == [None, 0, 1, 2]


def test_nothing_new_is_nothing_to_wait_for():
    painted = Painted()
    painted.prepared(shown(None), 1, changed=False)
    assert painted.done
