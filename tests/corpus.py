"""A small corpus written for the tests, in the authoring form of the annotation guide (section 7).

It holds what makes statements hard: quotations in all their forms, pronouns with antecedents, split
contents, a statement told inside another one, coordinated cues, a text without a statement, one with
decomposed accents and narrow spaces.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

__all__ = ["PASSAGES", "resolve"]

ROLES = ("source", "antecedent", "addressee", "medium", "content")

PASSAGES: list[dict[str, Any]] = [
    {
        "id": "direct",
        "text": "« Nous rouvrirons notre ambassade avant l'été », a promis jeudi à la presse la ministre norvégienne "
        "Ingrid Solberg. Elle a toutefois exclu de recevoir l'émissaire biélorusse.",
        "statements": [
            {
                "cue": "a promis",
                "source": ["la ministre norvégienne Ingrid Solberg"],
                "addressee": ["la presse"],
                "content": ["Nous rouvrirons notre ambassade avant l'été"],
                "act": "AGREE",
                "stances": [("bilateral", "la réouverture de l'ambassade de Norvège", "favor", "favor")],
            },
            {
                "cue": "a toutefois exclu",
                "source": ["Elle"],
                "antecedent": ["la ministre norvégienne Ingrid Solberg"],
                "content": ["recevoir l'émissaire biélorusse"],
                "act": "REJECT",
                "stances": [("bilateral", "la réception de l'émissaire biélorusse", "against", "against")],
            },
        ],
    },
    {
        "id": "nested",
        "text": "Selon le quotidien Le Phare, Bamako a fait savoir que le général Keïta souhaite "
        "« un scrutin rapide ».",
        "statements": [
            {
                "cue": "Selon",
                "source": ["le quotidien Le Phare"],
                "content": ["Bamako a fait savoir que le général Keïta souhaite « un scrutin rapide »"],
                "act": "STATE",
            },
            {
                "cue": "a fait savoir",
                "source": ["Bamako"],
                "content": ["le général Keïta souhaite « un scrutin rapide »"],
                "act": "STATE",
            },
            {
                "cue": "souhaite",
                "source": ["le général Keïta"],
                "content": ["un scrutin rapide"],
                "act": "REQUEST",
                "stances": [("rights", "la tenue rapide d'un scrutin", "favor", "favor")],
            },
        ],
    },
    {
        "id": "split",
        "text": "« Cet embargo ne servira à rien, a lancé Pedro Almeida sur X. Il frappera nos paysans. » "
        "Le négociateur a menacé Bruxelles de quitter la table.",
        "statements": [
            {
                "cue": "a lancé",
                "source": ["Pedro Almeida"],
                "medium": ["sur X"],
                "content": ["Cet embargo ne servira à rien", "Il frappera nos paysans"],
                "act": "ACCUSE",
                "stances": [
                    ("sanctions", "l'embargo", "against", "against"),
                    ("trade", "les exportations agricoles", "favor", "neutral"),
                ],
            },
            {
                "cue": "a menacé",
                "source": ["Le négociateur"],
                "antecedent": ["Pedro Almeida"],
                "addressee": ["Bruxelles"],
                "content": ["quitter la table"],
                "act": "THREATEN",
                "stances": [("trade", "la poursuite des négociations", "conditional", "conditional")],
            },
        ],
    },
    {
        "id": "coordinated",
        "text": "L'Union africaine a condamné le coup de force de Port-Clair et appelé les mutins à libérer "
        "le président, dans un communiqué publié dimanche.",
        "statements": [
            {
                "cue": "a condamné",
                "source": ["L'Union africaine"],
                "medium": ["dans un communiqué publié dimanche"],
                "content": ["le coup de force de Port-Clair"],
                "act": "ACCUSE",
                "stances": [("rights", "le coup de force de Port-Clair", "against", "favor")],
            },
            {
                "cue": "appelé",
                "source": ["L'Union africaine"],
                "addressee": ["les mutins"],
                "medium": ["dans un communiqué publié dimanche"],
                "content": ["libérer le président"],
                "act": "REQUEST",
                "stances": [("rights", "la libération du président", "favor", "favor")],
            },
        ],
    },
    {
        "id": "colon",
        "text": 'Gaz : Oslo prêt à livrer davantage\nKari Nygård : "Nos gisements suffiront à l\'Europe cet hiver".',
        "statements": [
            {
                "cue": ":#2",
                "source": ["Kari Nygård"],
                "content": ["Nos gisements suffiront à l'Europe cet hiver"],
                "act": "STATE",
                "stances": [("energy", "les livraisons de gaz norvégien à l'Europe", "favor", "favor")],
            }
        ],
    },
    {
        "id": "none",
        "text": "Le sommet s'est ouvert mardi à Lisbonne. Douze délégations ont pris place autour de la table.",
        "statements": [],
    },
    {
        "id": "inverted",
        "text": "L'aide arrivera par la mer, a-t-il précisé à Radio Levant, ajoutant que les ports « restent sûrs ».",
        "statements": [
            {
                "cue": "a-t-il précisé",
                "source": ["il"],
                "addressee": ["Radio Levant"],
                "content": ["L'aide arrivera par la mer"],
                "act": "STATE",
                "stances": [("humanitarian", "l'acheminement de l'aide par la mer", "favor", "favor")],
            },
            {
                "cue": "ajoutant",
                "source": ["il"],
                "content": ["les ports « restent sûrs »"],
                "act": "STATE",
            },
        ],
    },
    {
        "id": "decomposed",
        "text": unicodedata.normalize(
            "NFD", "«\u202fL'Arménie remercie le Brésil\u202f», a écrit le député Tigran Safaryan…"
        ),
        "statements": [
            {
                "cue": "a écrit",
                "source": ["le député Tigran Safaryan"],
                "content": ["L'Arménie remercie le Brésil"],
                "act": "SUPPORT",
                "stances": [("bilateral", "le Brésil", "favor", "favor")],
            }
        ],
    },
]


def resolve(passage: dict[str, Any]) -> dict[str, Any]:
    """Turn the strings of a passage into offsets: the resolved form, as `porteparole.data` reads it."""
    text = passage["text"]

    def offsets(string: str) -> list[int]:
        name, _, number = string.partition("#")
        name = unicodedata.normalize("NFD", name) if unicodedata.is_normalized("NFD", text) else name
        places = [match.span() for match in re.finditer(re.escape(name), text)]
        assert places, f"{name!r} is not in {text!r}"
        return list(places[int(number or 1) - 1])

    statements = []
    for statement in passage["statements"]:
        spans = {role: [offsets(string) for string in statement.get(role, [])] for role in ROLES}
        keys = ("topic", "target", "stance", "topic_stance")
        stances = [dict(zip(keys, stance, strict=True)) for stance in statement.get("stances", [])]
        statements.append({"cue": [offsets(statement["cue"])], **spans, "act": statement["act"], "stances": stances})
    return {"id": passage["id"], "text": text, "statements": statements}
