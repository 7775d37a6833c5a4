"""Documents as HTML: every span findable in the marked text, nothing of the text taken for markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given

from porteparole import Act, Document, Span, Stance, Statement, to_html
from porteparole.page.segments import segments
from strategies import documents


class Reader(HTMLParser):
    """Collects what a browser would build: the tags with their attributes, and the text of each view."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if dict(attrs).get("class") == "pp-text":
            self.texts.append("")
            self._open = [tag]
        elif self._open:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open:
            assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open:
            self.texts[-1] += data

    def classes(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.tags if attributes.get("class") == name]


def span(text: str, part: str) -> Span:
    return Span(text.index(part), text.index(part) + len(part), part)


TEXT = "Pour Zagreb, le port « doit rouvrir », a dit Split, dès lundi."
NESTED = Document(
    TEXT,
    (
        Statement(
            cue=span(TEXT, "Pour"),
            source=(span(TEXT, "Zagreb"),),
            content=(span(TEXT, "le port « doit rouvrir », a dit Split"),),
            act=Act("REQUEST", 0.876),
        ),
        Statement(
            cue=span(TEXT, "a dit"),
            source=(span(TEXT, "Split"),),
            content=(span(TEXT, "le port"), span(TEXT, "dès lundi")),
            topics=(Stance("trade", "les échanges", "favor", 0.91, 0.5),),
            targets=(Stance(None, "la grève", "against", 0.66),),
            form="mixed",
            parent=0,
        ),
    ),
    id="d1",
)


def test_spans_that_nest_and_come_in_pieces_are_cut_at_every_edge():
    cut = {segment.text: segment for segment in segments(NESTED.to_dict()) if segment.over}
    assert list(cut) == ["Pour", "Zagreb", "le port", " « doit rouvrir », ", "a dit", " ", "Split", "dès lundi"]
    assert cut["le port"].over == ((1, "content"), (0, "content"))
    assert (cut["le port"].depth, cut["a dit"].depth, cut["dès lundi"].depth) == (2, 1, 1)
    assert cut["a dit"].over == ((1, "cue"), (0, "content"))
    assert [segment.label.replace("\xa0", " ") for segment in cut.values()] == [
        "cue 1", "source 1", "content 1 2", "", "cue 2", "", "source 2", "content 2"
    ]  # fmt: skip


@given(documents())
def test_every_document_has_a_page_that_holds_its_text_and_all_its_spans(document):
    cut = list(segments(document.to_dict()))
    assert "".join(segment.text for segment in cut) == document.text
    for k, statement in enumerate(document):
        for role in ("source", "antecedent", "addressee", "medium", "content"):
            covered = "".join(segment.text for segment in cut if (k, role) in segment.over)
            assert covered == "".join(s.text for s in getattr(statement, role))
    page = Reader(document.to_html())
    assert page.texts == [document.text]
    assert len(page.classes("pp-card")) == len(document)


@pytest.mark.parametrize(
    "attack", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style>{{ 7*7 }}&amp;"]
)
def test_what_looks_like_markup_stays_text(attack):
    text = f"{attack} a dit {attack}"
    cue = Span(len(attack) + 1, len(attack) + 6, "a dit")
    source = Span(0, len(attack), attack)
    content = Span(cue.end + 1, len(text), attack)
    stance = Stance(attack, attack, attack)
    document = Document(
        text,
        (Statement(cue, (source,), (), (source,), (source,), (content,), Act(attack), (stance,), (stance,)),),
        attack,
    )
    plain = Document("x", (Statement(Span(0, 1, "x"), topics=(stance,), targets=(stance,)),), "y")
    for page in (document.to_html(), document._repr_html_(), to_html([document, plain], title=attack)):
        read = Reader(page)
        assert read.texts[0] == text
        assert [tag for tag, _ in read.tags].count("script") == 1
        assert "img" not in [tag for tag, _ in read.tags]
        assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)


def test_a_card_says_what_is_known_of_a_statement():
    page = NESTED.to_html()
    for said in ("<b>REQUEST</b> 88%, indirect", "favor 91%", "<b>trade</b> 50%", "against 66%", "mixed", "inside 1"):
        assert said in page
    assert "<title>d1</title>" in page
    assert "No statements found." in Document("Rien.").to_html()


def test_several_documents_have_an_index_that_leads_to_each():
    read = Reader(to_html([NESTED, Document("Rien."), NESTED]))
    links = [attributes["href"] for tag, attributes in read.tags if tag == "a"]
    ids = [f"#{attributes['id']}" for tag, attributes in read.tags if tag == "section"]
    assert links == ids == ["#document-1", "#document-2", "#document-3"]
    assert read.texts == [TEXT, "Rien.", TEXT]


def test_a_page_names_no_address_of_the_network():
    page = NESTED.to_html()
    assert "http:" not in page
    assert "https:" not in page
    assert not any("src" in attributes for _, attributes in Reader(page).tags)
