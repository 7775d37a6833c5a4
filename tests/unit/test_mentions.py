import pytest

from porteparole.mentions import (
    acronym,
    first_name,
    full_names,
    is_definite,
    is_pronoun,
    is_short,
    normal,
    offices,
    surname,
)


@pytest.mark.parametrize(
    ("mention", "said"),
    [
        ("Le  Premier ministre", "premier ministre"),
        ("l’Etat", "état"),
        ("L'Elysée", "élysée"),
        ("ses avocats", "avocats"),
        ("Lena Brandt", "lena brandt"),
    ],
)
def test_normal(mention, said):
    assert normal(mention) == said


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Selon Lena Brandt, rien ne presse.", ["Lena Brandt"]),
        ("Le chef de l’État Paul Ndiaye et Ursula von Thal", ["Paul Ndiaye", "Ursula von Thal"]),
        ("Mohammed ben Youssef a reçu Anne-Marie d'Aubert.", ["Mohammed ben Youssef", "Anne-Marie d'Aubert"]),
        ("Moscou et Kiev", []),
        ("", []),
    ],
)
def test_full_names(text, names):
    assert [text[a:b] for a, b in full_names(text)] == names


@pytest.mark.parametrize(
    ("mention", "first", "last"),
    [
        ("le ministre Paul Ndiaye, élu en 2017", "Paul", "Ndiaye"),
        ("M. Ndiaye", None, "Ndiaye"),
        ("Mme Brandt", None, "Brandt"),
        ("Ndiaye", None, "Ndiaye"),
        ("le ministre", None, None),
        ("", None, None),
    ],
)
def test_names_of_a_mention(mention, first, last):
    assert first_name(mention) == first
    assert surname(mention) == last


def test_kinds_of_mentions():
    assert [is_pronoun(m) for m in ("Il", "ce dernier", "je", "on", "Paul")] == [True, True, False, False, False]
    assert [is_short(m) for m in ("M. Ndiaye", "Ndiaye", "Paul Ndiaye", "l'OMS", "le ministre")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_definite(m) for m in ("le ministre", "L’émissaire", "un ministre", "Lena")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("mention", "short"),
    [
        ("l'OMS", "oms"),
        ("la Ligue des riverains du lac (LRL)", "lrl"),
        ("l'Institut (Sipri)", "sipri"),
        ("Paul Ndiaye (à gauche)", None),
        ("Ndiaye", None),
    ],
)
def test_acronym(mention, short):
    assert acronym(mention) == short


@pytest.mark.parametrize(
    ("description", "holder"),
    [
        ("le président français", "Macron"),
        ("Le chef de l’Etat français", "Macron"),
        ("le chef de la diplomatie ukrainienne", "Kuleba"),
        ("la chancelière allemande", "Merkel"),
        ("le leader américain", "Trump"),
        ("le président turc", "Erdogan"),
    ],
)
def test_offices(description, holder):
    assert holder in offices(description)


def test_most_descriptions_name_no_office():
    assert offices("le maire de Trifouilly") == frozenset()
