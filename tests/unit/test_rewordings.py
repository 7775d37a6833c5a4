import random

import pytest

from porteparole.rewordings import AFFIRMING, NEGATING, _join, affirm, flip, negate


@pytest.mark.parametrize(
    ("opening", "target", "said"),
    [
        ("la fin de", "les sanctions contre Moscou", "la fin des sanctions contre Moscou"),
        ("la fin de", "le gel des avoirs", "la fin du gel des avoirs"),
        ("la fin de", "la trêve", "la fin de la trêve"),
        ("la fin de", "l'embargo", "la fin de l'embargo"),
        ("la fin de", "un accord", "la fin d'un accord"),
        ("la fin de", "des pourparlers à Oslo", "la fin de pourparlers à Oslo"),
        ("la fin de", "Erasmus", "la fin d'Erasmus"),
        ("la fin de", "davantage d'aide", "la fin de davantage d'aide"),
        ("l'opposition à", "le traité", "l'opposition au traité"),
        ("l'opposition à", "les essais", "l'opposition aux essais"),
        ("l'opposition à", "l'élargissement", "l'opposition à l'élargissement"),
        ("la lutte contre", "le terrorisme", "la lutte contre le terrorisme"),
    ],
)
def test_articles_contract(opening, target, said):
    assert _join(opening, target) == said


def test_negation_flips_and_affirmation_keeps_the_target_inside():
    chooser = random.Random(0)
    for _ in range(50):
        assert negate("la trêve", chooser) in {f"{opening} la trêve" for opening in NEGATING}
        assert affirm("la trêve", chooser) in {f"{opening} la trêve" for opening in AFFIRMING}
    assert [flip(s) for s in ("favor", "against", "neutral", "conditional")] == ["against", "favor", "neutral", None]
