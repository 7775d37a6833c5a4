"""The command line: what it prints, where it writes, and that every fault is one line and exit code 2."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from porteparole import Document, __version__, table
from porteparole.cli import main
from porteparole.tables import stance_matrix

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
    commands = "predict render serve train check evaluate compare calibrate export card summarize"
    for command in commands.split():
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


def test_predict_writes_many_kinds_into_one_file(run, tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "in" / "b.csv").write_text(f'id;body;day\nx;"{SENTENCE}";lundi\n', encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(json.dumps({"body": SENTENCE}) + "\n{oups\n", encoding="utf-8")
    arguments = ["predict", tmp_path / "in", tmp_path / "*.jsonl", "--text-column", "body", "-m", tiny_bundle]
    code, printed, told = run(*arguments, "-o", out, "--flat")
    assert (code, printed) == (0, "")
    assert told.startswith("porteparole: 3 documents, ")
    assert told.endswith(f"rows without a text: 1, see {out}.errors.jsonl\n")
    rows = pq.read_table(out).to_pylist()
    assert list(dict.fromkeys((row["id"], row["day"]) for row in rows)) == [
        ("a.txt", None),
        ("x", "lundi"),
        ("c.jsonl:1", None),
    ]
    code, _, told = run(*arguments, "-o", out, "--strict")
    assert code == 2
    assert "c.jsonl:2: expected one JSON object a line" in told


def test_ctrl_c_says_how_to_go_on(run, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(self, items):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("porteparole.shards.ShardReader.__call__", stop)
        code, _, told = run("predict", SENTENCE, "-m", tiny_bundle, "-o", tmp_path / "out.jsonl")
    assert (code, told) == (
        130,
        f"porteparole: stopped; the same command goes on from {tmp_path / 'out.jsonl'}.parts\n",
    )
    assert run("predict", SENTENCE, "-m", tiny_bundle, "-o", tmp_path / "out.jsonl")[0] == 0
    (document,) = documents((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert (document.id, document.text) == (None, SENTENCE)


def test_summarize_prints_the_matrix_and_writes_it(run, corpus: list[Document], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("".join(document.to_json() + "\n" for document in corpus), encoding="utf-8")
    code, printed, _ = run("summarize", out, "--csv", tmp_path / "m.csv", "--png", tmp_path / "m.png", "--speakers", 3)
    assert code == 0
    matrix = stance_matrix(table(corpus))
    assert [line.split("  ")[0].strip() for line in printed.splitlines()[1:4]] == list(matrix.index[:3])
    lines = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "speaker,topic,stance,count"
    assert len(lines) - 1 == (matrix["count"] > 0).sum().sum()
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_a_terminal_gets_a_view_for_readers(run, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    asked = run("predict", SENTENCE, "-m", tiny_bundle, "--view")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run("predict", SENTENCE, "-m", tiny_bundle) == asked
    code, out, _ = asked
    assert code == 0
    assert "a promis" in out
    assert "cue · source · antecedent · addressee · medium · content" in out


def test_render_shows_texts_and_what_predict_wrote(run, tiny_bundle: Path, tmp_path: Path) -> None:
    file, lines, page = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "page.html"
    file.write_text("".join(json.dumps({"id": f"d{k}", "text": SENTENCE}) + "\n" for k in range(2)), encoding="utf-8")
    assert run("render", file, "-m", tiny_bundle, "-o", page) == (0, "", f"written: {page}\n")
    fresh = page.read_text(encoding="utf-8")
    assert fresh.count('class="pp-text"') == fresh.count('href="#document-') == 2
    assert run("predict", file, "-m", tiny_bundle, "-o", lines)[0] == 0
    assert run("render", lines, "-m", tmp_path / "nowhere", "-o", page)[0] == 0  # no model is asked
    assert page.read_text(encoding="utf-8") == fresh
    assert run("render", SENTENCE, "-m", tiny_bundle, "-o", page, "--target", "la paix")[0] == 0
    assert "la paix" in page.read_text(encoding="utf-8")


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
            "data.leakage=warn", f"output={tmp_path / 'mine'}", "optim.epochs=1"]  # fmt: skip
    assert run("train", configs / "stance.yaml", *sets)[0] == 0
    assert not (tmp_path / "mine" / "README.md").exists()  # half a bundle has no card yet
    assert run("train", configs / "statements.yaml", *sets, "heads.attention_heads=4")[0] == 0
    text = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlanguage: fr\n")
    assert run("card", tmp_path / "mine")[1] == text


def test_check_tells_all_faults_and_counts(run, corpus_file: Path, tmp_path: Path) -> None:
    code, out, err = run("check", corpus_file)
    assert (code, err) == (0, "")
    assert "act STATE" in out
    assert out.endswith("0 faults, 1 warnings\n")
    other = tmp_path / "other.jsonl"
    row = json.loads(corpus_file.read_text(encoding="utf-8").splitlines()[0])
    bad = {**row, "statements": [{**row["statements"][0], "act": "SHOUT", "source": [[5, 9999]]}]}
    other.write_text("\n".join(map(json.dumps, (bad, row))), encoding="utf-8")
    code, out, _ = run("check", corpus_file, other, "--fewest", "0")
    assert code == 1
    *_, span, act, same, summary = out.splitlines()
    assert span.startswith(f"{other}:1: statement 0: source: span 5:9999 is not inside")
    assert act.startswith(f"{other}:1: statement 0: act 'SHOUT'")
    assert same == f"{other}:2: the same text as {corpus_file}:1, which is in {corpus_file}"
    assert summary == "3 faults, 0 warnings"


def test_check_reads_the_data_and_labels_of_a_config(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    for name, label in (("own-labels", "act PROMISE"), ("own-classes", "rencontre")):
        code, out, _ = run("check", "--config", f"configs/{name}.yaml")
        assert code == 0
        assert label in out


def test_a_plain_classifier_predicts_from_the_shell(
    run, tiny_encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    quick = [f"encoder={tiny_encoder_folder}", "optim.epochs=1"]
    assert run("train", "configs/own-classes.yaml", *quick, f"output={tmp_path / 'one'}")[0] == 0
    code, out, _ = run("predict", SENTENCE, "-m", tmp_path / "one")
    assert code == 0
    assert set(json.loads(out)["scores"]) == {"accord", "rencontre", "tension"}
    rows = [{"id": f"d{k}", "text": SENTENCE, "pair": "la paix"} for k in range(3)]
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert run("predict", file, "-m", tmp_path / "one", "-o", tmp_path / "out.jsonl")[0] == 0
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in written] == ["d0", "d1", "d2"]
    pairs = ["data.pair=phrase", f"output={tmp_path / 'two'}"]
    assert run("train", "configs/own-classes.yaml", *quick, *pairs)[0] == 0
    code, out, _ = run("predict", file, "-m", tmp_path / "two")
    assert code == 0
    assert json.loads(out.splitlines()[0])["pair"] == "la paix"
    file.write_text(json.dumps({"text": SENTENCE}), encoding="utf-8")
    code, _, err = run("predict", file, "-m", tmp_path / "two")
    assert code == 2
    assert 'in.jsonl:1: expected a "text" and a "pair"' in err


def faults(tmp_path: Path, bundle: Path) -> dict[str, tuple[list[object], str]]:
    """Arguments, and what the one line on standard error must say."""
    good = json.dumps({"text": SENTENCE})
    files = {
        "latin.txt": "élan".encode("latin-1"),
        "seven.jsonl": "\n".join([good] * 6 + ["{oups"]).encode(),
        "list.jsonl": b"[1]",
        "half.jsonl": b'{"text": "abc", "statements": [{"cue": [0, 1]}]}',
        "no-text.jsonl": b'{"id": 1}',
        "gold.jsonl": b'{"text": "abc", "statements": [{"cue": [[2, 9]], "act": "STATE"}]}',
        "surrogate.jsonl": rb'{"text": "a\ud800"}',
        "config.yaml": b"task: statements\nencoder: x\noutput: y\ndata: {train: [t], validation: v}\n"
        b"optim: {epochs: 1, learning_rat: 3}\n",
        "empty.jsonl": b"",
        "list.yaml": b"- 1\n",
        "broken.yaml": b"a: [\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    at = tmp_path.joinpath
    return {
        "missing file": (["predict", at("nowhere.txt")], "nowhere.txt: no such file"),
        "one word": (["predict", "Bonjour"], "Bonjour: no such file"),
        "not UTF-8": (["predict", at("latin.txt")], "latin.txt:1: expected UTF-8, but byte 0 is 0xe9"),
        "bad line 7": (["predict", at("seven.jsonl")], "seven.jsonl:7: expected one JSON object a line"),
        "no object": (["predict", at("list.jsonl")], "list.jsonl:1: expected a JSON object, got list"),
        "no text": (["predict", at("no-text.jsonl")], 'no-text.jsonl:1: expected a string under the key "text"'),
        "surrogate": (
            ["predict", at("surrogate.jsonl"), "-m", bundle],
            "surrogate.jsonl:1: U+D800 is a lone surrogate",
        ),
        "no bundle": (["predict", SENTENCE, "-m", at("nowhere")], "nowhere: no such folder"),
        "bad device": (["predict", SENTENCE, "-m", bundle, "--device", "toaster"], "device 'toaster'"),
        "no output": (["predict", SENTENCE, "-m", bundle, "--flat"], "name it with -o"),
        "other form": (["predict", SENTENCE, "-m", bundle, "-o", at("out.xml")], "ends in .jsonl or .parquet"),
        "empty table": (["summarize", at("empty.jsonl")], "empty.jsonl: there is no stance"),
        "no table": (["summarize", at("no-text.jsonl")], "no-text.jsonl:1: expected a document or a statement"),
        "unwritable": (["predict", SENTENCE, "-m", bundle, "-o", at("no", "such", "out.jsonl")], "no folder"),
        "bad document": (["render", at("half.jsonl"), "-o", at("p.html")], "half.jsonl:1: expected a document as"),
        "no token": (["serve", "--token-env", "NOT_SET"], "--token-env NOT_SET: expected a token in this variable"),
        "no place": (["render", SENTENCE, "-o", at("no", "p.html")], "no folder"),
        "bad corpus": (["evaluate", bundle, at("gold.jsonl")], "gold.jsonl:1: statement 0: cue: span 2:9"),
        "unknown key": (["train", at("config.yaml")], "optim.learning_rat: unknown key; did you mean 'learning_rate'?"),
        "no mapping": (["train", at("list.yaml")], "list.yaml: expected a YAML mapping"),
        "no YAML": (["train", at("broken.yaml")], "broken.yaml: expected YAML"),
        "no config": (["train", at("nowhere.yaml")], "nowhere.yaml: no such file"),
        "nothing to check": (["check"], "check: expected either files of annotated passages, or --config"),
        "no pair": (["train", at("config.yaml"), "epochs"], "override 'epochs': expected key=value"),
    }


CASES = (
    "missing file|one word|not UTF-8|bad line 7|no object|no text|surrogate|no bundle|bad device|unwritable|bad corpus|"
    "unknown key|no mapping|no YAML|no config|no pair|nothing to check|no output|other form|empty table|no table|"
    "bad document|no token|no place"
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


def test_export_wants_to_know_the_form(run, tiny_bundle: Path) -> None:
    assert run("export", tiny_bundle) == (2, "", "porteparole: export: expected a form to export to; say --onnx\n")
