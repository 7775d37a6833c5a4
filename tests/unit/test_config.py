from __future__ import annotations

import re

import pytest
import yaml
from pydantic import ValidationError

from porteparole.config import SequenceConfig, StanceConfig, StatementsConfig, TokenConfig, load_config, to_yaml
from porteparole.errors import ConfigError, DataError
from porteparole.labels import DEFAULT

STATEMENTS = {
    "task": "statements",
    "encoder": "almanach/camembert-base",
    "data": {"train": ["a.jsonl", "b.jsonl"], "validation": "dev.jsonl"},
    "output": "runs/x",
    "optim": {"epochs": 2, "learning_rate": 2e-5, "head_learning_rate": 1e-3},
}
STANCE = {**STATEMENTS, "task": "stance", "optim": {"epochs": 2, "learning_rate": 2e-5}}


@pytest.fixture
def load(tmp_path):
    """Write a config and read it back."""

    def load(tree, *overrides):
        path = tmp_path / "c.yaml"
        path.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree), encoding="utf-8")
        return load_config(path, overrides)

    return load


@pytest.fixture
def faults(load):
    """The lines of the error that reading a config raises."""

    def faults(tree, *overrides):
        with pytest.raises(ConfigError) as caught:
            load(tree, *overrides)
        return [line.rpartition("c.yaml: ")[2] for line in str(caught.value).splitlines()]

    return faults


@pytest.mark.parametrize(("tree", "kind"), [(STATEMENTS, StatementsConfig), (STANCE, StanceConfig)])
def test_the_task_picks_the_config_which_survives_yaml(load, tree, kind):
    config = load(tree)
    assert isinstance(config, kind)
    assert load(to_yaml(config)) == config
    with pytest.raises(ValidationError, match="frozen"):
        config.seed = 3


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("seed=7", "seed", 7),
        ("optim.epochs=0.5", "optim.epochs", 0.5),
        ("optim.learning_rate=1e-4", "optim.learning_rate", 1e-4),
        ("window.tokens=128", "window.tokens", 128),  # a section that the file leaves out
        ("window={tokens: 64, overlap: 8}", "window.overlap", 8),
        ("encoder=a=b", "encoder", "a=b"),
        (" optim.precision = bf16 ", "optim.precision", "bf16"),
        ("tune_topic_threshold=false", "tune_topic_threshold", False),
    ],
)
def test_an_override_is_laid_over_the_file(load, override, path, value):
    config = load(STATEMENTS, override)
    for part in path.split("."):
        config = getattr(config, part)
    assert config == value


def test_the_last_override_wins(load):
    assert load(STATEMENTS, "seed=1", "seed=2").seed == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "'seed': expected key=value"),
        ("=3", "'=3': expected key=value"),
        ("seed.x=3", "seed is a value, not a section"),
        ("seed=[", r"'\[' is not a YAML value"),
        ("optim.epoch=3", r"^optim\.epoch: unknown key; did you mean '(optim\.)?epochs'\?$"),
        ("windw.tokens=64", r"^windw: unknown key; did you mean 'window'\?$"),
        ("zzz=1", "^zzz: unknown key$"),
    ],
)
def test_a_bad_override_is_named(faults, override, message):
    (fault,) = faults({**STATEMENTS, "seed": 0}, override)
    assert re.search(message, fault)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({**STATEMENTS, "optim": {**STATEMENTS["optim"], "epochs": 0}}, "optim.epochs: Input should be greater than 0"),
        ({**STATEMENTS, "data": {"train": [], "validation": "d"}}, "data.train: "),
        ({**STATEMENTS, "data": {"train": ["a", 3], "validation": "d"}}, "data.train.1: "),
        ({**STATEMENTS, "data": "a.jsonl"}, "data: "),
        ({**STATEMENTS, "loss": {"stances": -1}}, "loss.stances: "),
        ({**STATEMENTS, "decoding": {"topic_threshold": 2}}, "decoding.topic_threshold: "),
        ({**STATEMENTS, "optim": {"epochs": 2, "learning_rate": 1e-4}}, "optim.head_learning_rate: missing"),
        ({**STANCE, "window": {}}, "window: unknown key"),
        ({key: value for key, value in STANCE.items() if key != "encoder"}, "encoder: missing"),
    ],
)
def test_a_fault_is_told_with_its_dotted_path(faults, tree, message):
    (fault,) = faults(tree)
    assert fault.startswith(message)


TABLE = {"train": ["a.csv"], "validation": "b.csv"}
SEQUENCE = {**STANCE, "task": "sequence", "data": TABLE}
TOKEN = {**STANCE, "task": "token", "data": TABLE}


@pytest.mark.parametrize(("tree", "kind"), [(SEQUENCE, SequenceConfig), (TOKEN, TokenConfig)])
def test_plain_tasks_have_configs_of_their_own(load, tree, kind):
    config = load(tree, "data.where.language=fr", "report_to=[tensorboard]")
    assert isinstance(config, kind)
    assert config.data.where == {"language": "fr"}
    assert load(to_yaml(config)) == config


@pytest.mark.parametrize(
    ("tree", "override", "message"),
    [
        (SEQUENCE, "data.txt=phrase", "data.txt: unknown key; did you mean 'text'?"),
        (TOKEN, "data.pair=comment", "data.pair: unknown key"),
        (SEQUENCE, "data.tests={new: {row: x}}", "data.tests.new.rows: missing"),
        (SEQUENCE, "loss.focuss=1", "loss.focuss: unknown key; did you mean 'focus'?"),
        (STATEMENTS, "labels.topic={a: b}", "labels.topic: unknown key; did you mean 'topics'?"),
        (STATEMENTS, "labels.acts=[A, B, A]", "labels: acts: expected each label once, got A, B, A"),
        (STATEMENTS, "labels.topics={a: ' '}", "labels: topics: expected a canonical target for a"),
        (STANCE, "labels.stances=[pour, contre]", "unrelated: expected 0"),
        (STATEMENTS, "optim.precision=fp8", "optim.precision: "),
        (STATEMENTS, "report_to=[papyrus]", "report_to.0: "),
    ],
)
def test_a_misspelt_key_or_a_bad_value_is_told_wherever_it_stands(faults, tree, override, message):
    assert any(fault.startswith(message) for fault in faults(tree, override))


def test_labels_that_are_left_out_are_those_of_the_guide(load):
    labels = load(STATEMENTS, "labels.acts=[OUI, NON]").labels.inventory
    assert labels.acts == ("OUI", "NON")
    assert (labels.topics, labels.stances) == (DEFAULT.topics, DEFAULT.stances)
    assert load(STANCE, "labels.stances=[pour, contre]", "unrelated=0").labels.stances == ("pour", "contre")


@pytest.mark.parametrize("task", [{}, {"task": "statement"}, {"task": None}])
def test_a_fault_in_the_task_does_not_print_the_whole_config(faults, task):
    (fault,) = faults({key: value for key, value in STATEMENTS.items() if key != "task"} | task)
    assert fault.startswith("task: ")
    assert "almanach" not in fault


def test_a_misplaced_key_is_sent_to_its_place_not_to_itself(faults):
    fault = next(line for line in faults({**STATEMENTS, "weight_decay": 0.1}) if "weight_decay" in line)
    assert "did you mean 'weight_decay'" not in fault


def test_an_unknown_key_is_never_answered_with_one_that_is_unknown_too(faults):
    (fault,) = faults({**STANCE, "windows": {}})
    assert "'window'" not in fault


def test_an_overlap_that_fills_the_window_is_refused(faults):
    (fault,) = faults({**STATEMENTS, "window": {"tokens": 64, "overlap": 64}})
    assert fault.startswith("window")
    assert "overlap" in fault


def test_all_faults_are_told_at_once(faults):
    tree = {**STATEMENTS, "seeds": 3, "optim": {"epochs": "many", "learning_rate": 1e-4}, "window": {"tokens": 2}}
    told = {fault.split(":")[0] for fault in faults(tree)}
    assert told == {"seeds", "optim.epochs", "optim.head_learning_rate", "window.tokens"}


@pytest.mark.parametrize("text", ["", "- a\n- b", "seed", "a: [", "\tseed: 3", "a: b: c"])
def test_what_is_no_mapping_is_refused(faults, text):
    (fault,) = faults(text)
    assert fault.startswith("expected")
    assert "YAML" in fault


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [x, x]\nb: [*a, *a]\n", r"aliases \(\*name\) are not read here.*line 2"),
        ("task: " + "[" * 10_000, "nested too deeply"),
        ("task: !!python/object/apply:os.getcwd []", "expected YAML: could not determine a constructor"),
    ],
)
def test_yaml_that_unfolds_sinks_or_runs_is_refused(faults, text, message):
    (fault,) = faults(text)
    assert re.search(message, fault)


def test_a_huge_config_is_refused_unread(load):
    with pytest.raises(DataError, match="expected at most 1048576 bytes"):
        load("#" * (1 << 20) + "\ntask: stance\n")


def test_a_key_that_is_no_name_is_a_fault_too(faults):
    assert len(faults("3: x\n" + yaml.safe_dump(STANCE))) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        load_config(tmp_path / "absent.yaml")
