from __future__ import annotations

import json

import numpy as np
import pytest

from porteparole.labels import DEFAULT, ROLES, Labels, iob2_tags, iob2_transitions
from porteparole.schema import Statement


def test_an_inventory_survives_json():
    assert Labels.from_dict(json.loads(json.dumps(DEFAULT.to_dict()))) == DEFAULT


def test_the_default_inventory_is_that_of_the_guide():
    assert (len(DEFAULT.acts), len(DEFAULT.topics), len(DEFAULT.stances)) == (9, 18, 4)
    assert len(set(DEFAULT.topics.values())) == 18


def test_every_role_is_a_field_of_a_statement():
    assert set(ROLES) <= set(Statement.__dataclass_fields__)


@pytest.mark.parametrize(
    ("names", "tags"),
    [([], ("O",)), (["cue"], ("O", "B-cue", "I-cue")), (["a", "b"], ("O", "B-a", "I-a", "B-b", "I-b"))],
)
def test_tags_are_iob2(names, tags):
    assert iob2_tags(names) == tags


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_step_is_free_dear_or_illegal(count):
    tags = iob2_tags([str(k) for k in range(count)])
    steps = iob2_transitions(count, 1.5)
    assert steps.shape == (len(tags), len(tags))
    for a, before in enumerate(tags):
        for b, after in enumerate(tags):
            if after.startswith("I-"):
                expected = 0.0 if before[1:] == after[1:] else -np.inf
            else:
                expected = 0.0 if before == after == "O" else -1.5
            assert steps[a, b] == expected, (before, after)
