import pytest

from av3d.digests import digest_of
from av3d.ontology.attribute import Attribute, AttributeKind, Value
from av3d.ontology.category import Category
from av3d.ontology.checks import OntologyError
from av3d.ontology.event_kind import EventKind
from av3d.ontology.ontology import Ontology, nearest
from av3d.ontology.picture import MAX_BYTES, Picture
from av3d.ontology.relation_kind import RelationKind

RIDER = Attribute("rider", AttributeKind.BOOL)
BIKE = Category("bicycle", attributes=("rider",))
PNG = b"\x89PNG\r\n\x1a\n"


def test_parts_are_found_by_key() -> None:
    ontology = Ontology("mine", 3, (BIKE,), (RIDER,), (EventKind("rain"),), (RelationKind("on"),))
    assert ontology.category("bicycle") is BIKE
    assert ontology.category("car") is None
    assert ontology.attributes_of(BIKE) == (RIDER,)
    assert ontology.attribute("rider") is RIDER
    assert ontology.event("rain") == EventKind("rain")
    assert ontology.relation("on") == RelationKind("on")
    assert (ontology.kind, ontology.id) == ("ontology", "ontology")


def test_equal_ontologies_have_equal_digests() -> None:
    first, second = (Ontology("mine", 1, (Category("car"),)) for _ in range(2))
    assert first == second
    assert first.digest == second.digest == digest_of(first.as_json())
    assert Ontology("mine", 2, (Category("car"),)).digest != first.digest


def test_the_order_of_categories_belongs_to_the_ontology() -> None:
    car, bus = Category("car"), Category("bus")
    assert Ontology("mine", 1, (car, bus)).digest != Ontology("mine", 1, (bus, car)).digest


def test_contents_of_pictures_stand_once_and_apart() -> None:
    shared = [Picture(file, PNG) for file in ("a.png", "b.png")]
    ontology = Ontology(
        "mine", 1, (Category("car", pictures=(shared[0],)), Category("bus", pictures=(shared[1],)))
    )
    assert list(ontology.as_json()["contents"].values()) == [shared[0].content_text]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ontology(""), "'' is no title"),
        (lambda: Ontology("a", 0), "version 0"),
        (lambda: Ontology("a", 2**31), "version 2147483648"),
        (lambda: Ontology("a", 1, (BIKE, BIKE), (RIDER,)), "category 'bicycle' is there twice"),
        (lambda: Ontology("a", 1, (), (RIDER, RIDER)), "attribute 'rider' is there twice"),
        (
            lambda: Ontology("a", 1, (Category("bike", attributes=("ridr",)),), (RIDER,)),
            "there is no attribute 'ridr', category 'bike', attributes, use 'rider'",
        ),
        (
            lambda: Ontology("a", 1, events=(EventKind("rain", attributes=("mm",)),)),
            "there is no attribute 'mm', event 'rain'",
        ),
        (
            lambda: Ontology("a", 1, (BIKE,), (RIDER,), (), (RelationKind("on", parents=("by",)),)),
            "there is no category 'by', relation 'on', parents",
        ),
        (
            lambda: Ontology(
                "a", 1, (),
                (Attribute("m", AttributeKind.ENUM, values=(Value("v", categories=("car",)),)),),
            ),
            "there is no category 'car', attribute 'm', value 'v'",
        ),
        (
            lambda: Ontology("a", 1, (Category("x", hotkey="1"), Category("y", hotkey="1"))),
            "hotkey '1' is there twice",
        ),
        (
            lambda: Ontology(
                "a", 1,
                (Category("x", imports={"k": ("V",)}), Category("y", imports={"k": ("V",)})),
            ),
            "'V' of k becomes both 'x' and 'y'",
        ),
        (
            lambda: Ontology("a", 1, (Category("x", formerly=("y",)), Category("y"))),
            "category 'x' was formerly 'y', but 'y' is still there",
        ),
        (
            lambda: Ontology(
                "a", 1, (Category("x", formerly=("z",)), Category("y", formerly=("z",)))
            ),
            "both 'x' and 'y' were formerly the category 'z'",
        ),
        (lambda: Ontology("a", 1, note="\x07"), "control character"),
        (
            lambda: Ontology("a", 1, tuple(Category(f"c{n}") for n in range(1001))),
            "1,001 entries (category), limit 1,000",
        ),
        (
            lambda: Ontology(
                "a", 1,
                tuple(
                    Category(f"c{n}", pictures=(Picture(f"{n}.png", PNG + bytes(MAX_BYTES - 8)),))
                    for n in range(11)
                ),
            ),
            "its pictures have 5,500,000 bytes, limit 5,000,000",
        ),
        (
            lambda: Ontology(
                "a", 1,
                (
                    Category("x", pictures=(Picture("a.png", PNG),)),
                    Category("y", pictures=(Picture("a.png", PNG + b"other"),)),
                ),
            ),
            "two pictures are called 'a.png'",
        ),
    ],
)  # fmt: skip
def test_an_ontology_that_contradicts_itself_is_refused(make: object, message: str) -> None:
    with pytest.raises(OntologyError) as error:
        make()  # type: ignore[operator]
    assert message in str(error.value)


def test_advice_names_the_nearest_word_there_is() -> None:
    assert nearest("colur", ["key", "colour"]) == "use 'colour'"
    assert nearest("zzz", ["key", "colour"]) == "use one of: key colour"
    assert nearest("x" * 100_000, ["key"]) == "use one of: key"
