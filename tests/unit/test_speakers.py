"""Speakers of whole documents, on statements as a model would find them."""

import pytest

from porteparole.schema import Span, Statement
from porteparole.speakers import resolve


def span(text: str, part: str, nth: int = 1) -> Span:
    at = -1
    for _ in range(nth):
        at = text.index(part, at + 1)
    return Span(at, at + len(part), part)


def statements(text: str, *found: tuple[str, str]) -> list[Statement]:
    """Statements of (cue, source) in the order of the text; each cue and source is the next of its kind."""
    out: list[Statement] = []
    place = 0
    for cue, source in found:
        at = text.index(cue, place)
        near = min((a for a in range(len(text)) if text.startswith(source, a)), key=lambda a: abs(a - at))
        out.append(
            Statement(
                cue=Span(at, at + len(cue), cue),
                source=(Span(near, near + len(source), source),) if source else (),
            )
        )
        place = at + len(cue)
    return out


def speakers_of(text: str, *found: tuple[str, str]) -> list[str | None]:
    whole, speakers = resolve(text, statements(text, *found))
    return [None if s.speaker_id is None else speakers[s.speaker_id].name for s in whole]


@pytest.mark.parametrize(
    ("text", "found", "names"),
    [
        (  # surnames and courtesies
            "Le ministre Paul Ndiaye promet des fonds. M. Ndiaye ajoute que Lena Brandt est d'accord. Brandt nie.",
            [("promet", "Le ministre Paul Ndiaye"), ("ajoute", "M. Ndiaye"), ("nie", "Brandt")],
            ["Le ministre Paul Ndiaye", "Le ministre Paul Ndiaye", "Lena Brandt"],
        ),
        (  # pronouns agree
            "La maire Lena Brandt se réjouit. Le préfet Paul Ndiaye doute. Elle insiste, il cède.",
            [
                ("se réjouit", "La maire Lena Brandt"),
                ("doute", "Le préfet Paul Ndiaye"),
                ("insiste", "Elle"),
                ("cède", "il"),
            ],
            ["La maire Lena Brandt", "Le préfet Paul Ndiaye", "La maire Lena Brandt", "Le préfet Paul Ndiaye"],
        ),
        (  # a description taken up, and an acronym
            "L'émissaire suisse, Urs Keller, rassure. L'émissaire précise que la Ligue des riverains (LDR) proteste. "
            "La LDR menace.",
            [
                ("rassure", "L'émissaire suisse, Urs Keller"),
                ("précise", "L'émissaire"),
                ("proteste", "la Ligue des riverains (LDR)"),
                ("menace", "La LDR"),
            ],
            [
                "L'émissaire suisse, Urs Keller",
                "L'émissaire suisse, Urs Keller",
                "la Ligue des riverains (LDR)",
                "la Ligue des riverains (LDR)",
            ],
        ),
        (  # an office
            "Emmanuel Macron arrive à Oslo. Le président français espère un accord. Le chef de l'Etat se dit confiant.",
            [("espère", "Le président français"), ("se dit", "Le chef de l'Etat")],
            ["Emmanuel Macron", "Emmanuel Macron"],
        ),
        (  # two of one surname; vague sources are not the same twice
            "Paul Ndiaye approuve, Awa Ndiaye refuse. Une source doute. Plus tard, une source confirme.",
            [
                ("approuve", "Paul Ndiaye"),
                ("refuse", "Awa Ndiaye"),
                ("doute", "Une source"),
                ("confirme", "une source"),
            ],
            ["Paul Ndiaye", "Awa Ndiaye", "Une source", "une source"],
        ),
    ],
    ids=["surnames", "pronouns", "descriptions", "offices", "apart"],
)
def test_short_mentions_point_to_the_fullest(text, found, names):
    assert speakers_of(text, *found) == names


def test_each_speaker_is_listed_once_with_the_mentions():
    text = "Paul Ndiaye promet. Il jure. M. Ndiaye répète."
    whole, speakers = resolve(
        text, statements(text, ("promet", "Paul Ndiaye"), ("jure", "Il"), ("répète", "M. Ndiaye"))
    )
    (speaker,) = speakers
    assert [m.text for m in speaker.mentions] == ["Paul Ndiaye", "Il", "M. Ndiaye"]
    assert all(text[m.start : m.end] == m.text for m in speaker.mentions)
    assert [s.speaker for s in whole] == ["Paul Ndiaye"] * 3
    assert [len(s.antecedent) for s in whole] == [0, 1, 1]


def test_what_the_model_found_in_part_is_made_whole_and_a_full_name_needs_no_antecedent():
    text = "Paul Ndiaye promet. Il jure."
    first, second = statements(text, ("promet", "Paul Ndiaye"), ("jure", "Il"))
    first = Statement(cue=first.cue, source=first.source, antecedent=(span(text, "Paul"),))
    second = Statement(cue=second.cue, source=second.source, antecedent=(span(text, "Paul"),))
    whole, _ = resolve(text, [first, second])
    assert [s.text for s in whole[0].antecedent] == []
    assert [s.text for s in whole[1].antecedent] == ["Paul Ndiaye"]


def test_i_inside_a_quotation_is_who_is_quoted():
    text = "Paul Ndiaye raconte : « Je lui ai dit non. »"
    outer, inner = statements(text, ("raconte", "Paul Ndiaye"), ("ai dit", "Je"))
    inner = Statement(cue=inner.cue, source=inner.source, parent=0)
    whole, speakers = resolve(text, [outer, inner])
    assert [s.speaker_id for s in whole] == [0, 0]
    assert [s.name for s in speakers] == ["Paul Ndiaye"]


def test_without_source_there_is_no_speaker():
    whole, speakers = resolve("« Non »", statements("« Non »", ("«", "")))
    assert (whole[0].speaker_id, speakers) == (None, ())
