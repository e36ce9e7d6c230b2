import pytest

from av3d.ontology.checks import OntologyError
from av3d.ontology.picture import MAX_BYTES, Picture

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0"


@pytest.mark.parametrize("file", ["cone.jpg", "pictures/a b/зонт.png", "..cone.png"])
def test_a_picture_lies_beside_or_below_the_ontology(file: str) -> None:
    assert Picture(file, JPEG).file == file


@pytest.mark.parametrize(
    "file",
    ["", "/etc/passwd", "../cone.png", "a/../../cone.png", "a\\b.png", "c:x.png", "a//b.png",
     "./a.png", "a/", "a\nb.png", "x" * 301],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(file: str) -> None:
    with pytest.raises(OntologyError, match="does not name a file beside the ontology"):
        Picture(file, PNG)


@pytest.mark.parametrize("content", [b"", b"root:x:0:0", b"GIF89a"])
def test_what_is_no_png_or_jpeg_is_refused(content: bytes) -> None:
    with pytest.raises(OntologyError, match="neither PNG nor JPEG"):
        Picture("a.png", content)


def test_a_large_picture_is_refused_with_its_size() -> None:
    with pytest.raises(OntologyError, match="it has 500,001 bytes, limit 500,000"):
        Picture("a.png", PNG + bytes(MAX_BYTES + 1 - len(PNG)))


def test_the_text_names_the_content_by_its_digest() -> None:
    first, second = Picture("a.png", PNG), Picture("b.png", PNG)
    assert first.content_digest == second.content_digest != Picture("a.png", JPEG).content_digest
    assert first.as_json() == {"file": "a.png", "content": first.content_digest}
