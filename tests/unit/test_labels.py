from __future__ import annotations

import json

import numpy as np
import pytest

from porteparole.labels import DEFAULT, ROLES, Labels, iob2_transitions
from porteparole.schema import Statement


def test_an_inventory_survives_json():
    assert Labels.from_dict(json.loads(json.dumps(DEFAULT.to_dict()))) == DEFAULT


def test_the_default_inventory_is_that_of_the_guide():
    assert (len(DEFAULT.acts), len(DEFAULT.topics), len(DEFAULT.stances)) == (9, 18, 4)
    assert len(set(DEFAULT.topics.values())) == 18


def test_every_role_is_a_field_of_a_statement():
    assert set(ROLES) <= set(Statement.__dataclass_fields__)


@pytest.mark.parametrize("costs", [[1.5], [1.0, 3.0], [0.0, 2.0, 6.0]])
def test_a_span_pays_half_its_cost_at_each_edge(costs):
    tags = ["O", *(f"{edge}-{k}" for k in range(len(costs)) for edge in "BI")]
    price = {"O": 0.0, **{f"{edge}-{k}": cost / 2 for k, cost in enumerate(costs) for edge in "BI"}}
    steps = iob2_transitions(costs)
    assert steps.shape == (len(tags), len(tags))
    for a, before in enumerate(tags):
        for b, after in enumerate(tags):
            if after.startswith("I-"):
                expected = 0.0 if before[1:] == after[1:] else -np.inf
            else:
                expected = -price[before] - price[after]
            assert steps[a, b] == expected, (before, after)
