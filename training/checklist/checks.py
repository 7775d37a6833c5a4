"""What the check lists ask of a model; each function takes a tagger and the rows of one list.

After CheckList (Ribeiro et al., 2020): minimum function, invariance and direction, with a probe of bias beside them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from porteparole import Document, Statement, Tagger
from porteparole.labels import ROLES

Row = Mapping[str, Any]
PARTS = ("cue", *ROLES)
NOTHING = "no statement"

# Each writes a text otherwise without a change of its words. The marks of the lists are « » with plain spaces, and '.
TYPOGRAPHY: dict[str, Callable[[str], str]] = {
    'marks "…"': lambda text: re.sub(r"« ?| ?»", '"', text),
    "marks “…”": lambda text: re.sub(r" ?»", "”", re.sub(r"« ?", "“", text)),
    "U+202F inside « »": lambda text: text.replace("« ", "«\u202f").replace(" »", "\u202f»"),
    "U+00A0 inside « »": lambda text: text.replace("« ", "«\u00a0").replace(" »", "\u00a0»"),
    "apostrophe ’": lambda text: text.replace("'", "’"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comparison: of which list and label, on which row, what was wanted and what the model said."""

    list: str
    label: str
    id: str
    wanted: str
    got: str


def minimum(tagger: Tagger, rows: Sequence[Row]) -> Iterator[Outcome]:
    """Compare each expectation of a row with the statement whose cue touches the expected cue."""
    for row, document in zip(rows, tagger.predict([row["text"] for row in rows]), strict=True):
        expect = row["expect"]
        statement = statement_at(document, expect["cue"])
        stances = {stance.topic: stance.label for stance in statement.topics} if statement else {}
        for part in PARTS:
            if part in expect:
                got = " … ".join(_texts(statement, part)) if statement else NOTHING
                yield Outcome("minimum", f"role {part}", row["id"], expect[part], got)
        if "act" in expect:
            got = statement.act.label if statement else NOTHING
            yield Outcome("minimum", f"act {expect['act']}", row["id"], expect["act"], got)
        for topic, stance in expect.get("topics", {}).items():
            got = f"{topic}: {stances[topic]}" if topic in stances else f"no {topic}"
            yield Outcome("minimum", f"stance {stance}", row["id"], f"{topic}: {stance}", got)


def stance(tagger: Tagger, rows: Sequence[Row]) -> Iterator[Outcome]:
    """Compare the stance to a target, and to its opposite, with those expected; ``pair`` wants both right."""
    for row in rows:
        wanted = row["targets"]
        got = {target: tagger.stance(row["text"], target).label for target in wanted}
        for target, label in wanted.items():
            yield Outcome("stance", label, f"{row['id']} ({target})", label, got[target])
        kind = "pair, neutral" if set(wanted.values()) == {"neutral"} else "pair, favor and against"
        yield Outcome("stance", kind, row["id"], " / ".join(wanted.values()), " / ".join(got.values()))


def direction(tagger: Tagger, rows: Sequence[Row]) -> Iterator[Outcome]:
    """Compare the stance of a statement and of its negation with favor and against; ``turns`` wants both right."""
    for row in rows:
        got = {label: tagger.stance(row[label], row["target"]).label for label in ("favor", "against")}
        for label, said in got.items():
            yield Outcome("direction", f"{row['how']}: {label}", row["id"], label, said)
        yield Outcome("direction", f"{row['how']}: turns", row["id"], "favor / against", " / ".join(got.values()))


def invariance(tagger: Tagger, rows: Sequence[Row]) -> Iterator[Outcome]:
    """Compare what is read in a text with what is read in its variants, spans changed in the same way."""
    for row in rows:
        variants = {kind: change for kind, change in changes(row).items() if change(row["text"]) != row["text"]}
        plain, *others = tagger.predict([row["text"], *(change(row["text"]) for change in variants.values())])
        for (kind, change), other in zip(variants.items(), others, strict=True):
            got = _reading(other)
            for aspect, wanted in _reading(plain, change).items():
                yield Outcome("invariance", f"{kind}: {aspect}", row["id"], wanted, got[aspect])


def bias(tagger: Tagger, rows: Sequence[Row], speakers: Sequence[Row]) -> Iterator[Outcome]:
    """Compare what each speaker's statement is read as with what most speakers' is, the words being the same."""
    people = [(who["country"], gender, who[gender]) for who in speakers for gender in ("man", "woman")]
    for row in rows:
        texts = [_say(row["text"], name) for _, _, name in people]
        documents = tagger.predict(texts, targets=[row["target"]])
        readings = [_attitude(statement_at(document, row["cue"])) for document in documents]
        for aspect in readings[0]:
            # Of equally frequent readings the first in the alphabet, so that each run gives the same.
            count = Counter(reading[aspect] for reading in readings)
            usual = min(count, key=lambda said: (-count[said], said))
            for (country, gender, _), reading in zip(people, readings, strict=True):
                for group in (country, gender):
                    yield Outcome("bias", f"{group}: {aspect}", row["id"], usual, reading[aspect])
            for k in range(0, len(people), 2):
                man, woman = readings[k][aspect], readings[k + 1][aspect]
                yield Outcome("bias", f"woman as man: {aspect}", f"{row['id']} ({people[k][0]})", man, woman)


def statement_at(document: Document, cue: str) -> Statement | None:
    """Return the statement whose cue shares most characters with `cue`, which stands once in the text."""
    start, end = place(document.text, cue)
    shared = {k: min(end, s.cue.end) - max(start, s.cue.start) for k, s in enumerate(document.statements)}
    best = max(shared, key=lambda k: shared[k], default=None)
    return document.statements[best] if best is not None and shared[best] > 0 else None


def place(text: str, words: str) -> tuple[int, int]:
    """Return where words stand in a text.

    Raises:
        ValueError: they do not stand there exactly once, as whole words.
    """
    found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)]
    if len(found) != 1:
        raise ValueError(f"expected {words!r} once, found it {len(found)} times in {text!r}")
    return found[0]


def changes(row: Row) -> dict[str, Callable[[str], str]]:
    """Return the changes that a row of the invariance list asks for, the same for a text and for its spans."""
    return {kind: _swap(words) for kind, words in row["swaps"].items()} | TYPOGRAPHY


def _swap(words: Mapping[str, str]) -> Callable[[str], str]:
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b")
    return lambda text: pattern.sub(lambda match: words[match[0]], text)


def _texts(statement: Statement, part: str) -> list[str]:
    return [statement.cue.text] if part == "cue" else [span.text for span in getattr(statement, part)]


def _reading(document: Document, change: Callable[[str], str] = str) -> dict[str, str]:
    """Say what was read in a document, an aspect a string; `change` is made to the spans."""
    return {
        "tags": " | ".join(
            ", ".join(f"{part} {change(text)}" for part in PARTS for text in _texts(s, part)) for s in document
        ),
        "act": ", ".join(s.act.label for s in document),
        "topics": " | ".join(_topics(s) for s in document),
        "topics with stance": " | ".join(_topics_with_stance(s) for s in document),
    }


def _topics(statement: Statement) -> str:
    return " ".join(sorted(str(stance.topic) for stance in statement.topics))


def _topics_with_stance(statement: Statement) -> str:
    return " ".join(sorted(f"{stance.topic}:{stance.label}" for stance in statement.topics))


def _say(template: str, speaker: str) -> str:
    text = template.replace("{speaker}", speaker)
    return text[0].upper() + text[1:]


def _attitude(statement: Statement | None) -> dict[str, str]:
    """Say what a statement is read as, an aspect a string."""
    if statement is None:
        return dict.fromkeys(("act", "topics", "topics with stance", "stance to the target"), NOTHING)
    return {
        "act": statement.act.label,
        "topics": _topics(statement),
        "topics with stance": _topics_with_stance(statement),
        "stance to the target": statement.targets[0].label,
    }
