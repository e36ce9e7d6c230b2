import pytest

from av3d.ontology.checks import OntologyError
from av3d.ontology.event_kind import EventKind, Extent


def test_an_event_takes_a_span_unless_it_is_of_the_whole_log() -> None:
    assert EventKind("cut_in").extent is Extent.SPAN
    assert EventKind("light", extent=Extent.LOG).as_json() == {
        "key": "light",
        "colour": "#7f8790",
        "extent": "log",
    }


@pytest.mark.parametrize("values", [{"key": ""}, {"key": "a", "colour": "red"}])
def test_an_event_that_contradicts_itself_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(OntologyError):
        EventKind(**values)  # type: ignore[arg-type]
