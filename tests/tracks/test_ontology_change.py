from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from av3d.geometry.cuboid import Cuboid
from av3d.ontology.attribute import Attribute, AttributeKind, Per, Value
from av3d.ontology.category import Category
from av3d.ontology.event_kind import EventKind
from av3d.ontology.ontology import Ontology
from av3d.ontology.relation_kind import RelationKind
from av3d.tracks.document import Document
from av3d.tracks.event import REVIEW, Event
from av3d.tracks.keyframe import Keyframe
from av3d.tracks.ontology_change import OntologyPlan, plan_change
from av3d.tracks.relation import Relation
from av3d.tracks.track import Track
from av3d.tracks.value_conversion import converted
from av3d.types import Scalar

S = 1_000_000_000
CUBOID = Cuboid.from_yaw([0.0, 0.0, 0.8], [4.5, 1.9, 1.6], 0.0)
ENUM, BOOL = AttributeKind.ENUM, AttributeKind.BOOL
NUMBER, TEXT = AttributeKind.NUMBER, AttributeKind.TEXT


def track(
    track_id: str = "t",
    category: str = "car",
    frames: tuple[dict[str, Scalar], ...] = ({},),
    number: int = 1,
    **attributes: Scalar,
) -> Track:
    keyframes = tuple(
        Keyframe(n * S, CUBOID, attributes=said) for n, said in enumerate(frames)
    )  # fmt: skip
    return Track(track_id, category, keyframes, number=number, attributes=attributes)


def plan(old: Ontology, new: Ontology, *entities: Track | Event) -> OntologyPlan:
    tracks = [entity for entity in entities if isinstance(entity, Track)]
    events = [entity for entity in entities if isinstance(entity, Event)]
    return plan_change(old, new, {"log": Document.of(tracks, events)})


def after(found: OntologyPlan) -> Track:
    """The only track that changes."""
    assert found.blockers == ()
    (change,) = found.changes["log"]
    assert isinstance(change.after, Track)
    return change.after


def with_attribute(attribute: Attribute, category: str = "car") -> Ontology:
    return Ontology("o", 1, (Category(category, attributes=(attribute.key,)),), (attribute,))


def values(*keys: str, **former: str) -> tuple[Value, ...]:
    """Values of an enum; `new="old"` for those that were renamed."""
    renamed = tuple(Value(key, formerly=(old,)) for key, old in former.items())
    return tuple(map(Value, keys)) + renamed


CARS = Ontology("o", 1, (Category("car"), Category("van")))


def test_the_same_ontology_changes_nothing() -> None:
    assert plan(CARS, CARS, track()) == OntologyPlan({}, (), ())


def test_a_renamed_category_takes_its_tracks_along() -> None:
    new = Ontology("o", 2, (Category("auto", formerly=("car",)), Category("van")))
    found = plan(CARS, new, track("a"), track("b", "van"))
    assert after(found) == track("a", "auto")
    assert found.notes == ("category 'car' becomes 'auto': 1 track (Car 1)",)


def test_two_categories_become_one_and_numbers_stay_apart() -> None:
    new = Ontology("o", 2, (Category("car", formerly=("van",)),))
    found = plan(CARS, new, track("a"), track("b", "van"), track("c", "van", number=2))
    changed = {c.id: c.after for c in found.changes["log"]}
    assert changed == {"b": track("b", "car", number=2), "c": track("c", "car", number=3)}


def test_a_category_that_is_gone_blocks_where_it_is_used() -> None:
    new = Ontology("o", 2, (Category("car"),))
    vans = [track(f"v{n}", "van", number=n) for n in range(1, 13)]
    found = plan(CARS, new, track(), *vans)
    (blocker,) = found.blockers
    assert blocker.what == "category 'van' would be gone: 12 tracks (Van 1, Van 2, Van 3 …)"
    assert blocker.fix == (
        "add formerly = ['van'] to the category that replaces it, or edit these labels first"
    )
    assert found.changes == {}


def test_a_category_that_nobody_uses_may_go() -> None:
    assert plan(CARS, Ontology("o", 2, (Category("car"),)), track()) == OntologyPlan({}, (), ())


def test_a_category_that_neither_knows_stays() -> None:
    found = plan(CARS, CARS, track(category="dog"))
    assert found.changes == {}
    assert found.notes == ("category 'dog' is in neither ontology and stays: 1 track (Dog 1)",)


def test_names_tell_the_log_where_there_are_several() -> None:
    new = Ontology("o", 2)
    logs = {name: Document.of([track()]) for name in ("first", "second")}
    (blocker,) = plan_change(CARS, new, logs).blockers
    assert blocker.what == (
        "category 'car' would be gone: 2 tracks (Car 1 of first, Car 1 of second)"
    )


def test_a_renamed_attribute_keeps_its_values_on_tracks_and_keyframes() -> None:
    old = with_attribute(Attribute("load", NUMBER, per=Per.KEYFRAME))
    new = with_attribute(Attribute("load_t", NUMBER, per=Per.KEYFRAME, formerly=("load",)))
    found = plan(old, new, track(frames=({"load": 1}, {}), load=2.5))
    assert after(found) == track(frames=({"load_t": 1}, {}), load_t=2.5)


def test_a_renamed_value_is_renamed_everywhere() -> None:
    old = with_attribute(Attribute("motion", ENUM, values=values("moves", "stands")))
    new = with_attribute(Attribute("motion", ENUM, values=values("moves", parked="stands")))
    found = plan(old, new, track(motion="stands"))
    assert after(found) == track(motion="parked")
    assert found.notes == ("motion 'stands' becomes 'parked': 1 track (Car 1)",)


@pytest.mark.parametrize(
    ("old", "new", "before", "now"),
    [
        (Attribute("a", BOOL), Attribute("a", ENUM, values=values("yes", "no")), True, "yes"),
        (Attribute("a", BOOL), Attribute("a", NUMBER), True, 1),
        (Attribute("a", BOOL), Attribute("a", TEXT), False, "no"),
        (Attribute("a", NUMBER), Attribute("a", TEXT), 2.5, "2.5"),
        (Attribute("a", NUMBER), Attribute("a", ENUM, values=values("1", "2")), 2, "2"),
        (Attribute("a", NUMBER), Attribute("a", BOOL), 0, False),
        (Attribute("a", TEXT), Attribute("a", NUMBER), "12", 12),
        (Attribute("a", TEXT), Attribute("a", ENUM, values=values("x")), "x", "x"),
        (Attribute("a", ENUM, values=values("x")), Attribute("a", TEXT), "x", "x"),
        (Attribute("a", ENUM, values=values("yes")), Attribute("a", BOOL), "yes", True),
        (Attribute("a", ENUM, values=values("3")), Attribute("a", NUMBER), "3", 3),
    ],
)
def test_another_kind_takes_the_values_that_it_can_say(
    old: Attribute, new: Attribute, before: Scalar, now: Scalar
) -> None:
    found = plan(with_attribute(old), with_attribute(new), track(a=before))
    changed = {c.id: c.after for c in found.changes.get("log", ())}
    result = changed.get("t", track(a=before))
    assert isinstance(result, Track)
    assert repr(result.attributes["a"]) == repr(now)
    assert found.blockers == ()


@pytest.mark.parametrize(
    ("old", "new", "stored", "what"),
    [
        (
            Attribute("a", TEXT), Attribute("a", NUMBER), "much",
            "'much' is no value of attribute 'a' of 'car'",
        ),
        (
            Attribute("a", ENUM, values=values("x", "y")), Attribute("a", ENUM, values=values("x")),
            "y", "'y' is no value of attribute 'a' of 'car'",
        ),
        (
            Attribute("a", ENUM, values=values("x")),
            Attribute("b", ENUM, values=values("x")),
            "x", "attribute 'a' would be gone",
        ),
        (
            Attribute("a", BOOL), Attribute("a", ENUM, values=values("on", "off")), True,
            "True is no value of attribute 'a' of 'car'",
        ),
    ],
)  # fmt: skip
def test_a_label_that_would_be_lost_blocks(
    old: Attribute, new: Attribute, stored: Scalar, what: str
) -> None:
    found = plan(with_attribute(old), with_attribute(new), track(a=stored))
    (blocker,) = found.blockers
    assert blocker.what == f"{what}: 1 track (Car 1)"
    assert "edit these labels first" in blocker.fix
    assert found.changes == {}


def test_an_attribute_that_a_category_no_longer_has_blocks() -> None:
    rider = Attribute("rider", BOOL)
    new = Ontology("o", 2, (Category("car"),), (rider,))
    (blocker,) = plan(with_attribute(rider), new, track(rider=True)).blockers
    assert blocker.what == "'car' has no attribute 'rider': 1 track (Car 1)"
    assert blocker.fix.startswith("add it to the attributes of 'car'")


def test_a_value_that_is_no_longer_for_the_category_blocks() -> None:
    def ontology(*categories: str) -> Ontology:
        motion = Attribute("motion", ENUM, values=(Value("parked", categories=categories),))
        both = [Category(key, attributes=("motion",)) for key in ("car", "van")]
        return Ontology("o", 1, tuple(both), (motion,))

    found = plan(ontology(), ontology("van"), track(motion="parked"))
    assert [b.what for b in found.blockers] == [
        "'parked' is no value of attribute 'motion' of 'car': 1 track (Car 1)"
    ]


def test_a_value_that_was_wrong_before_stays_with_a_note() -> None:
    old = with_attribute(Attribute("a", ENUM, values=values("x", "y")))
    new = with_attribute(Attribute("a", ENUM, values=values("x")))
    found = plan(old, new, track(a="z"))
    assert found.blockers == ()
    assert found.changes == {}
    assert "'z' is no value of attribute 'a' of 'car', and was none; it stays" in found.notes[0]


def test_two_values_do_not_become_one_unless_it_is_said() -> None:
    old = with_attribute(Attribute("a", TEXT))
    new = with_attribute(Attribute("a", BOOL))
    (blocker,) = plan(old, new, track("t", a="yes"), track("u", a="true")).blockers
    assert blocker.what.startswith("'yes' and 'true' of attribute 'a' would both become True")
    said = with_attribute(
        Attribute("a", ENUM, values=(Value("yes", formerly=("true", "ja")), Value("no")))
    )
    found = plan(old, said, track("t", a="yes"), track("u", a="true"), track("v", a="ja"))
    assert found.blockers == ()
    assert {c.id for c in found.changes["log"]} == {"u", "v"}


def test_two_attributes_become_one_where_they_agree() -> None:
    attributes = (Attribute("a", TEXT), Attribute("b", TEXT))
    old = Ontology("o", 1, (Category("car", attributes=("a", "b")),), attributes)
    new = with_attribute(Attribute("c", TEXT, formerly=("a", "b"), per=Per.KEYFRAME))
    assert after(plan(old, new, track(a="x", b="x"))) == track(c="x")
    (blocker,) = plan(old, new, track(a="x", frames=({"b": "y"},))).blockers
    assert blocker.what.startswith("attributes 'a' and 'b' would both become 'c' and say different")


def test_a_value_moves_from_keyframes_to_the_track_where_it_is_always_the_same() -> None:
    old = with_attribute(Attribute("plate", TEXT, per=Per.KEYFRAME))
    new = with_attribute(Attribute("plate", TEXT, per=Per.TRACK))
    same = track(frames=({"plate": "AB"}, {"plate": "AB"}))
    assert after(plan(old, new, same)) == track(frames=({}, {}), plate="AB")


@pytest.mark.parametrize(
    "frames", [({"plate": "AB"}, {"plate": "CD"}), ({"plate": "AB"}, {}), ({}, {"plate": "AB"})]
)
def test_a_value_that_changes_within_a_track_cannot_be_one_of_the_track(
    frames: tuple[dict[str, Scalar], ...],
) -> None:
    old = with_attribute(Attribute("plate", TEXT, per=Per.KEYFRAME))
    new = with_attribute(Attribute("plate", TEXT, per=Per.TRACK))
    (blocker,) = plan(old, new, track(frames=frames)).blockers
    assert blocker.what.startswith("attribute 'plate' would have one value for a track")


def test_what_a_reader_recorded_is_never_touched() -> None:
    recorded = Track("t", "car", track().keyframes, attributes={"kitti.type": "Van"})
    new = Ontology("o", 2, (Category("car"),), (Attribute("kitti_type", TEXT),))
    assert plan(CARS, new, recorded) == OntologyPlan({}, (), ())


def test_tighter_limits_and_new_requirements_are_counted_and_never_block() -> None:
    new = Ontology(
        "o",
        2,
        (
            Category("car", largest_lwh_m=(3, 3, 3), attributes=("plate",)),
            Category("van"),
        ),
        (Attribute("plate", TEXT, required=True),),
    )
    found = plan(CARS, new, track("a"), track("b", number=2))
    assert (found.changes, found.blockers) == ({}, ())
    assert found.notes == (
        "not as the new ontology says (missing_attribute): 2 tracks (Car 1, Car 2)",
        "not as the new ontology says (size): 2 tracks (Car 1, Car 2)",
    )


def test_a_tighter_limit_of_a_number_is_a_note() -> None:
    old, new = (with_attribute(Attribute("a", NUMBER, maximum=top)) for top in (10, 5))
    found = plan(old, new, track(a=7))
    assert (found.changes, found.blockers) == ({}, ())
    assert found.notes == ("not as the new ontology says (attribute_value): 1 track (Car 1)",)


TOWED = Ontology("o", 1, (Category("car"), Category("van")), relations=(RelationKind("towed_by"),))
PAIR = (track("c"), replace(track("v", "van"), relations=(Relation("towed_by", "c"),)))


def test_a_renamed_relation_is_renamed_in_its_tracks() -> None:
    new = replace(TOWED, relations=(RelationKind("behind", formerly=("towed_by",)),))
    assert after(plan(TOWED, new, *PAIR)).relations == (Relation("behind", "c"),)


@pytest.mark.parametrize(
    ("relations", "what"),
    [
        ((), "relation 'towed_by' would be gone"),
        ((RelationKind("towed_by", children=("car",)),), "van towed_by car is not allowed"),
    ],
)
def test_a_relation_that_would_be_lost_blocks(
    relations: tuple[RelationKind, ...], what: str
) -> None:
    (blocker,) = plan(TOWED, replace(TOWED, relations=relations), *PAIR).blockers
    assert blocker.what == f"{what}: 1 track (Van 1)"


def test_events_migrate_with_their_attributes() -> None:
    old = Ontology(
        "o", 1, attributes=(Attribute("mm", TEXT),), events=(EventKind("wet", attributes=("mm",)),)
    )
    new = Ontology(
        "o", 2, attributes=(Attribute("mm", NUMBER),),
        events=(EventKind("rain", attributes=("mm",), formerly=("wet",)),),
    )  # fmt: skip
    found = plan(old, new, Event("e", "wet", 0, S, {"mm": "3"}))
    (change,) = found.changes["log"]
    assert change.after == Event("e", "rain", 0, S, {"mm": 3})
    (blocker,) = plan(old, Ontology("o", 2), Event("e", "wet", 0, S)).blockers
    assert blocker.what == "event 'wet' would be gone: 1 event (Wet)"


# No label is lost: whatever the two ontologies are, either something blocks, or every label is there
# afterwards under its own name or the one that replaces it.

KEYS = ("a", "b", "c")
scalars: st.SearchStrategy[Scalar] = st.sampled_from(
    ["x", "y", "1", "yes", "true", 1, 1.0, 0, 2.5, True, False]
)
said: st.SearchStrategy[dict[str, Scalar]] = st.dictionaries(
    st.sampled_from([*KEYS, "r.a"]), scalars, max_size=2
)
kinds = st.sampled_from(AttributeKind)


@st.composite
def ontologies(draw: st.DrawFn) -> Ontology:
    def former(present: list[str]) -> dict[str, tuple[str, ...]]:
        gone = [key for key in KEYS if key not in present]
        targets = {old: draw(st.sampled_from([*present, ""])) for old in gone}
        return {key: tuple(o for o, t in targets.items() if t == key) for key in present}

    names = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    attributes = []
    for key, old in former(names).items():
        kind = draw(kinds)
        keys = draw(
            st.lists(st.sampled_from(["x", "y", "1", "yes", "no"]), min_size=1, unique=True)
        )
        values = tuple(Value(k, formerly=("true",) if k == "yes" else ()) for k in keys)
        attributes.append(
            Attribute(
                key, kind, values=values if kind == ENUM else (), formerly=old,
                per=draw(st.sampled_from(Per)),
            )
        )  # fmt: skip
    listed = st.lists(st.sampled_from(names), unique=True).map(tuple)
    present = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    categories = [
        Category(key, attributes=draw(listed), formerly=old) for key, old in former(present).items()
    ]
    return Ontology("o", 1, tuple(categories), tuple(attributes))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    return Document.of(
        Track(
            f"t{n}",
            draw(st.sampled_from(KEYS)),
            tuple(
                Keyframe(time * S, CUBOID, attributes=draw(said))
                for time in range(draw(st.integers(1, 3)))
            ),
            number=draw(st.integers(0, 2)),
            attributes=draw(said),
        )
        for n in range(draw(st.integers(1, 3)))
    )


@settings(max_examples=300)
@given(old=ontologies(), new=ontologies(), document=documents())
def test_no_label_is_lost(old: Ontology, new: Ontology, document: Document) -> None:
    found = plan_change(old, new, {"log": document})
    if found.blockers:
        assert found.changes == {}
        return
    result = document.apply(found.changes.get("log", ()))
    replaced = {o: c.key for c in new.categories for o in c.formerly}
    names = {o: a.key for a in new.attributes for o in a.formerly}
    assert list(result.tracks) == list(document.tracks)
    for before, now in zip(document.tracks.values(), result.tracks.values(), strict=True):
        assert now.category == replaced.get(before.category, before.category)
        assert [k.timestamp_ns for k in now.keyframes] == before.times_ns
        assert all(k.cuboid == CUBOID for k in now.keyframes)
        for old_frame, frame in zip(before.keyframes, now.keyframes, strict=True):
            shown = {**now.attributes, **frame.attributes}
            for key, value in {**before.attributes, **old_frame.attributes}.items():
                attribute = new.attribute(names.get(key, key))
                as_new = converted(value, attribute) if attribute else None
                assert repr(shown[names.get(key, key)]) in (repr(value), repr(as_new))


@settings(max_examples=100)
@given(old=ontologies(), new=ontologies(), document=documents())
def test_different_values_stay_different(old: Ontology, new: Ontology, document: Document) -> None:
    found = plan_change(old, new, {"log": document})
    result = document.apply(found.changes.get("log", ()))
    for key in KEYS:
        attribute = new.attribute(key)
        if attribute is None or attribute.kind == ENUM or attribute.formerly:
            continue
        before = {repr(t.attributes[key]) for t in document.tracks.values() if key in t.attributes}
        now = {repr(t.attributes[key]) for t in result.tracks.values() if key in t.attributes}
        assert len(now) >= len(before)


@settings(max_examples=100)
@given(old=ontologies(), new=ontologies(), document=documents())
def test_changing_to_the_same_ontology_again_changes_nothing(
    old: Ontology, new: Ontology, document: Document
) -> None:
    found = plan_change(old, new, {"log": document})
    if not found.blockers:
        result = document.apply(found.changes.get("log", ()))
        assert plan_change(new, new, {"log": result}).changes == {}


def test_one_number_written_in_two_ways_is_one_value() -> None:
    old = with_attribute(Attribute("lights", NUMBER))
    new = with_attribute(Attribute("lights", BOOL))
    found = plan(old, new, track("a", lights=1), track("b", lights=1.0))
    assert found.blockers == ()
    assert [change.after for change in found.changes["log"]] == [
        track("a", lights=True),
        track("b", lights=True),
    ]
    (blocker,) = plan(old, new, track("a", lights=1), track("b", lights=True)).blockers
    assert blocker.what.startswith("1 and True of attribute 'lights' would both become True")


def test_a_wrong_value_of_a_kind_that_stays_is_in_nobodys_way() -> None:
    old = with_attribute(Attribute("doors", NUMBER))
    new = with_attribute(Attribute("doors", NUMBER, minimum=0))
    found = plan(old, new, track("a", doors=1), track("b", doors=True))
    assert (found.changes, found.blockers) == ({}, ())
    assert "True is no value of attribute 'doors' of 'car', and was none; it stays" in str(
        found.notes
    )


def test_the_record_of_a_review_is_no_ontologys() -> None:
    old = with_attribute(Attribute("state", TEXT))
    new = with_attribute(Attribute("condition", TEXT, formerly=("state",)))
    decided = Event("e", REVIEW, 0, 1, {"state": "approved", "author": "ada"})
    found = plan(old, new, decided, track(state="new"))
    assert after(found).attributes == {"condition": "new"}
