import itertools

from hypothesis import given
from hypothesis import strategies as st

from av3d.render.drawing import Tag
from av3d.render.tags import place_tags

CANVAS = (400, 300)


def tag(text="Car 1", anchor=(100.0, 100.0), rank=1.0, centred=False, hangs=False) -> Tag:
    return Tag(text, "", anchor, centred, "#FFFFFF", "#FFFFFF", "#000000", 1.0, rank, hangs)


def boxes(tags, **options):
    placed = place_tags(tags, [(60, 20)] * len(tags), CANVAS, **options)
    return {item.tag.text: item.box_px for item in placed}


def test_a_tag_stands_above_its_anchor_or_hangs_below():
    assert boxes([tag()]) == {"Car 1": (100, 76, 160, 96)}
    assert boxes([tag(hangs=True)]) == {"Car 1": (100, 104, 160, 124)}
    assert boxes([tag(centred=True)]) == {"Car 1": (70, 76, 130, 96)}


def test_the_nearest_gets_the_place():
    placed = boxes([tag("far", rank=30.0), tag("near", (110.0, 95.0), rank=10.0)])
    assert list(placed) == ["near"]


def test_tags_stay_on_the_canvas():
    placed = boxes([tag("corner", (390.0, 5.0))])
    assert placed == {"corner": (340, 0, 400, 20)}


def test_a_tag_whose_anchor_is_far_outside_is_left_out():
    assert boxes([tag(anchor=(-200.0, 50.0)), tag(anchor=(50.0, 1000.0))]) == {}


def test_others_keep_clear_of_the_selected_cuboid():
    clear = [(90.0, 60.0, 200.0, 200.0)]
    placed = boxes([tag("selected", rank=-1e9), tag("other", (150.0, 150.0))], keep_clear=clear)
    assert list(placed) == ["selected"]


def test_a_limit_keeps_the_lowest_ranks():
    tags = [tag(str(n), (10.0, 30.0 + 40 * n), rank=-n) for n in range(5)]
    assert list(boxes(tags, limit=2)) == ["4", "3"]


@given(
    st.lists(
        st.tuples(st.floats(-50, 450), st.floats(-50, 350), st.floats(0, 100), st.booleans()),
        max_size=40,
    )
)
def test_no_tag_overlaps_another_or_leaves_the_canvas(places):
    tags = [tag(str(n), (x, y), rank, hangs=hangs) for n, (x, y, rank, hangs) in enumerate(places)]
    placed = boxes(tags)
    for left, top, right, bottom in placed.values():
        assert 0 <= left < right <= CANVAS[0]
        assert 0 <= top < bottom <= CANVAS[1]
    for one, other in itertools.combinations(placed.values(), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
