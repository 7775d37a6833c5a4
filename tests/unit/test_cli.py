"""The command line: what it prints, where it writes, and that every fault is one line and exit code 2."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from porteparole import Document, __version__
from porteparole.cli import main

SENTENCE = "« Nous rouvrirons notre ambassade avant l'été », a promis jeudi la ministre norvégienne."


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process; gives exit code, standard output and standard error."""

    def call(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["porteparole", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        printed = capsys.readouterr()
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    return call


def documents(lines: str) -> list[Document]:
    return [Document.from_dict(json.loads(line)) for line in lines.splitlines()]


def test_version_and_help(run) -> None:
    assert run("--version") == (0, f"porteparole {__version__}\n", "")
    for command in ("predict", "train", "evaluate", "compare", "calibrate", "card"):
        code, out, _ = run(command, "--help")
        assert code == 0
        assert f"porteparole {command}" in out


def test_predict_reads_text_files_and_standard_input(run, tiny_bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "depeche.txt"
    file.write_text(SENTENCE, encoding="utf-8")
    answers = [
        run("predict", SENTENCE, "-m", tiny_bundle),
        run("predict", file, "-m", tiny_bundle, "--json"),
        run("predict", "-", "-m", tiny_bundle, stdin=SENTENCE.encode()),
    ]
    assert [code for code, _, _ in answers] == [0, 0, 0]
    found = [documents(out)[0] for _, out, _ in answers]
    assert [document.text for document in found] == [SENTENCE] * 3
    assert [document.id for document in found] == [None, "depeche.txt", None]


def test_predict_keeps_order_and_ids_of_json_lines(run, tiny_bundle: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"id": f"d{k}", "text": f"{SENTENCE} Fin {k}."} for k in range(5)]
    file.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")
    code, printed, _ = run("predict", file, "-m", tiny_bundle, "-o", out, "--target", "la paix")
    assert (code, printed) == (0, "")
    found = documents(out.read_text(encoding="utf-8"))
    assert [(d.id, d.text) for d in found] == [(row["id"], row["text"]) for row in rows]
    assert all(s.targets[0].target == "la paix" for d in found for s in d.statements)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_terminal_gets_a_view_for_readers(run, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    asked = run("predict", SENTENCE, "-m", tiny_bundle, "--view")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run("predict", SENTENCE, "-m", tiny_bundle) == asked
    code, out, _ = asked
    assert code == 0
    assert "a promis" in out
    assert "cue · source · antecedent · addressee · medium · content" in out


def test_evaluate_prints_and_writes_the_figures(run, tiny_bundle: Path, corpus_file: Path, tmp_path: Path) -> None:
    code, out, _ = run("evaluate", tiny_bundle, corpus_file, "-o", tmp_path / "metrics.json")
    assert code == 0
    assert "cue, overlap" in out
    scores = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert scores["cue"]["overlap"]["f1"] > 0.8


def test_train_writes_bundle_and_card(
    run, config_of, tiny_encoder_folder: Path, corpus_file: Path, tmp_path: Path
) -> None:
    configs = Path(__file__).parents[2] / "configs"
    sets = [f"encoder={tiny_encoder_folder}", f"data.train=[{corpus_file}]", f"data.validation={corpus_file}",
            f"output={tmp_path / 'mine'}", "optim.epochs=1"]  # fmt: skip
    assert run("train", configs / "stance.yaml", *sets)[0] == 0
    assert not (tmp_path / "mine" / "README.md").exists()  # half a bundle has no card yet
    assert run("train", configs / "statements.yaml", *sets, "heads.attention_heads=4")[0] == 0
    text = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlanguage: fr\n")
    assert run("card", tmp_path / "mine")[1] == text


def faults(tmp_path: Path, bundle: Path) -> dict[str, tuple[list[object], str]]:
    """Arguments, and what the one line on standard error must say."""
    good = json.dumps({"text": SENTENCE})
    files = {
        "latin.txt": "élan".encode("latin-1"),
        "seven.jsonl": "\n".join([good] * 6 + ["{oups"]).encode(),
        "list.jsonl": b"[1]",
        "no-text.jsonl": b'{"id": 1}',
        "gold.jsonl": b'{"text": "abc", "statements": [{"cue": [[2, 9]], "act": "STATE"}]}',
        "surrogate.jsonl": rb'{"text": "a\ud800"}',
        "config.yaml": b"task: statements\nencoder: x\noutput: y\ndata: {train: [t], validation: v}\n"
        b"optim: {epochs: 1, learning_rat: 3}\n",
        "list.yaml": b"- 1\n",
        "broken.yaml": b"a: [\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    at = tmp_path.joinpath
    return {
        "missing file": (["predict", at("nowhere.txt")], "nowhere.txt: no such file"),
        "one word": (["predict", "Bonjour"], "Bonjour: no such file"),
        "not UTF-8": (["predict", at("latin.txt")], "latin.txt: expected UTF-8, but byte 0 is 0xe9"),
        "bad line 7": (["predict", at("seven.jsonl")], "seven.jsonl:7: expected one JSON object a line"),
        "no object": (["predict", at("list.jsonl")], "list.jsonl:1: expected a JSON object, got list"),
        "no text": (["predict", at("no-text.jsonl")], 'no-text.jsonl:1: expected a string under the key "text"'),
        "surrogate": (["predict", at("surrogate.jsonl"), "-m", bundle], "text 0: character 1 is a lone surrogate"),
        "no bundle": (["predict", SENTENCE, "-m", at("nowhere")], "nowhere: no such folder"),
        "bad device": (["predict", SENTENCE, "-m", bundle, "--device", "toaster"], "device 'toaster'"),
        "unwritable": (["predict", SENTENCE, "-m", bundle, "-o", at("no", "such", "out.jsonl")], "no folder"),
        "bad corpus": (["evaluate", bundle, at("gold.jsonl")], "gold.jsonl:1: statement 0: cue: span 2:9"),
        "unknown key": (["train", at("config.yaml")], "optim.learning_rat: unknown key; did you mean 'learning_rate'?"),
        "no mapping": (["train", at("list.yaml")], "list.yaml: expected a YAML mapping"),
        "no YAML": (["train", at("broken.yaml")], "broken.yaml: expected YAML"),
        "no config": (["train", at("nowhere.yaml")], "nowhere.yaml: no such file"),
        "no pair": (["train", at("config.yaml"), "epochs"], "override 'epochs': expected key=value"),
    }


CASES = (
    "missing file|one word|not UTF-8|bad line 7|no object|no text|surrogate|no bundle|bad device|unwritable|bad corpus|"
    "unknown key|no mapping|no YAML|no config|no pair"
)


@pytest.mark.parametrize("case", CASES.split("|"))
def test_a_fault_is_told_in_plain_words(case: str, run, tiny_bundle: Path, tmp_path: Path) -> None:
    arguments, message = faults(tmp_path, tiny_bundle)[case]
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("porteparole: ")
    assert message in err
    assert "Traceback" not in err
