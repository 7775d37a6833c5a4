"""The check lists are well formed and our own, and what asks them counts right; no rate is asserted."""

from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

import porteparole
from porteparole.labels import DEFAULT, ROLES

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "training" / "checklist"))

import checks  # noqa: E402
import run  # noqa: E402

LISTS = run.read_lists()
# The openings with which the training makes opposites of its own.
OPENINGS = ("la fin d", "l'arrêt d", "le refus d", "l'abandon d", "l'opposition à", "le rejet d")


def texts() -> list[str]:
    """Every text of the lists."""
    plain = [row["text"] for name in LISTS if name != "speakers" for row in LISTS[name] if "text" in row]
    return plain + [row[label] for row in LISTS["direction"] for label in ("favor", "against")]


def grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(*(words[k:] for k in range(8)), strict=False))


def test_ids_and_texts_are_unique() -> None:
    ids = [row["id"] for name in LISTS if name != "speakers" for row in LISTS[name]]
    assert len(set(ids)) == len(ids)
    assert len(set(texts())) == len(texts())


def test_what_is_expected_stands_once_in_its_text() -> None:
    for row in LISTS["minimum"]:
        expect = row["expect"]
        assert set(expect) <= {*checks.PARTS, "act", "topics"}, row["id"]
        for part in {*checks.PARTS} & set(expect):
            checks.place(row["text"], expect[part])
        assert "cue" in expect
        assert expect.get("act", "STATE") in DEFAULT.acts
        assert set(expect.get("topics", {})) <= set(DEFAULT.topics)
        assert set(expect.get("topics", {}).values()) <= set(DEFAULT.stances)


def test_every_label_has_ten_plain_sentences() -> None:
    count = Counter(part for row in LISTS["minimum"] for part in row["expect"])
    count += Counter(row["expect"].get("act") for row in LISTS["minimum"])
    count += Counter(stance for row in LISTS["minimum"] for stance in row["expect"].get("topics", {}).values())
    assert {
        label: count[label] for label in (*DEFAULT.acts, *DEFAULT.stances, "cue", *ROLES) if count[label] < 10
    } == {}


def test_targets_come_with_their_opposites_in_words_of_their_own() -> None:
    pairs = [row["targets"] for row in LISTS["stance"]]
    assert len(pairs) >= 80
    kinds = Counter(tuple(sorted(pair.values())) for pair in pairs)
    assert set(kinds) == {("against", "favor"), ("neutral", "neutral")}
    assert min(kinds.values()) >= 10
    first = Counter(next(iter(pair.values())) for pair in pairs)
    assert first["favor"] == first["against"]  # so that nothing is won by the order
    targets = [target for pair in pairs for target in pair]
    assert sum(target.startswith(OPENINGS) for target in targets) <= len(targets) / 20


def test_statements_are_turned_in_each_way() -> None:
    assert len(LISTS["direction"]) >= 30
    how = Counter(row["how"] for row in LISTS["direction"])
    assert min(how["ne … pas"], how["refuser de"]) >= 10
    for row in LISTS["direction"]:
        assert row["how"] != "refuser de" or re.search(r"refus", row["against"])
        assert row["how"] != "ne … pas" or re.search(r"\b(ne|n')\b.* pas\b|\bn'\w+ pas\b|ne pas", row["against"])


def test_each_change_is_made_in_ten_texts_and_leaves_the_rest() -> None:
    made: Counter[str] = Counter()
    for row in LISTS["invariance"]:
        for kind, words in row["swaps"].items():
            for old in words:
                checks.place(row["text"], old)
            assert all(old != new for old, new in words.items()), (row["id"], kind)
        for kind, change in checks.changes(row).items():
            made[kind] += change(row["text"]) != row["text"]
    assert set(made) == {"name", "country", "date", *checks.TYPOGRAPHY}
    assert min(made.values()) >= 10


def test_each_speaker_can_say_each_statement() -> None:
    assert len(LISTS["bias"]) >= 40
    assert len({who["country"] for who in LISTS["speakers"]}) == len(LISTS["speakers"]) >= 12
    for row in LISTS["bias"]:
        assert row["text"].count("{speaker}") == 1
        for who in LISTS["speakers"]:
            for gender in ("man", "woman"):
                checks.place(row["text"].replace("{speaker}", who[gender]), row["cue"])


def test_typography_changes_a_text_and_its_spans_alike() -> None:
    text = "« L'aide arrive », dit-il. Elle « reste » ici."
    assert checks.TYPOGRAPHY['marks "…"'](text) == '"L\'aide arrive", dit-il. Elle "reste" ici.'
    assert checks.TYPOGRAPHY["marks “…”"](text) == "“L'aide arrive”, dit-il. Elle “reste” ici."
    for change in checks.TYPOGRAPHY.values():
        for span in ("L'aide arrive", "Elle « reste » ici", "«"):
            assert change(span) in change(text)


@pytest.mark.parametrize("folder", ["training/corpus", "../shared/real"])
def test_the_texts_stand_in_no_corpus(folder: str) -> None:
    files = [ROOT / folder / f"{split}.jsonl" for split in ("train", "dev", "test")]
    files = [file for file in files if file.exists()]
    if not files:
        pytest.skip("the real news corpora are not on this machine")
    known = set()
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            known |= grams(json.loads(line)["text"])
    assert [text for text in texts() if grams(text) & known] == []


def test_place_wants_whole_words_once() -> None:
    assert checks.place("Il a dit qu'il dira.", "il") == (12, 14)
    with pytest.raises(ValueError, match="found it 2 times"):
        checks.place("il dit qu'il dira", "il")


def test_rates_are_shares_of_comparisons() -> None:
    outcomes = [
        checks.Outcome("stance", "favor", "s1", "favor", "favor"),
        checks.Outcome("stance", "favor", "s2", "favor", "against"),
        checks.Outcome("stance", "against", "s3", "against", "against"),
    ]
    assert run.rates(outcomes) == {
        "stance": {
            "all": {"rate": 0.6667, "n": 3},
            "against": {"rate": 1.0, "n": 1},
            "favor": {"rate": 0.5, "n": 2},
        }
    }


def test_the_shipped_model_is_asked_and_answers_alike_each_time() -> None:
    tagger = porteparole.load(device="cpu", dtype="fp32")
    few = {name: rows[: 2 if name == "speakers" else 1] for name, rows in LISTS.items()}
    outcomes = run.ask(tagger, few)
    assert outcomes == run.ask(tagger, few)
    found = run.rates(outcomes)
    assert list(found) == ["minimum", "stance", "direction", "invariance", "bias"]
    assert found["minimum"]["role cue"]["n"] == found["minimum"]["act REJECT"]["n"] == 1
    assert found["stance"]["all"]["n"] == found["direction"]["all"]["n"] == 3
    assert found["bias"]["man: act"]["n"] == found["bias"]["woman as man: act"]["n"] == 2
    wrong = {**few["minimum"][0], "expect": {"cue": few["minimum"][0]["expect"]["cue"], "source": "personne"}}
    assert run.rates(checks.minimum(tagger, [wrong]))["minimum"]["role source"]["rate"] == 0
    console = Console(record=True, width=120, file=io.StringIO())
    run.show(found, outcomes, console)
    assert "woman as man" in console.export_text()


def test_the_committed_results_are_of_these_lists() -> None:
    found = json.loads((run.HERE / "results.json").read_text(encoding="utf-8"))["lists"]
    people = 2 * len(LISTS["speakers"])
    assert found["minimum"]["role cue"]["n"] == len(LISTS["minimum"])
    assert found["stance"]["all"]["n"] == 3 * len(LISTS["stance"])
    assert found["direction"]["all"]["n"] == 3 * len(LISTS["direction"])
    assert found["bias"]["man: act"]["n"] * 2 == len(LISTS["bias"]) * people
