from hypothesis import given, settings

from av3d.tracks.change import Change
from av3d.tracks.document import Document
from tracks.strategies import documents, there_and_back


@settings(max_examples=25)
@given(documents())
def test_random_documents_can_be_built_from_nothing_and_taken_back(document):
    entities = [*document.tracks.values(), *document.events.values()]
    built = there_and_back(Document(), [Change(None, entity) for entity in entities])
    assert built.as_text() == document.as_text()
