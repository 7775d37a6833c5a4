"""Label inventories, and the IOB2 scheme that the taggers speak.

The default inventory is that of the annotation guide (training/ANNOTATION.md). A bundle carries
its own, so nothing in the package assumes these names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT", "ROLES", "Labels", "iob2_transitions"]

ROLES = ("source", "antecedent", "addressee", "medium", "content")


@dataclass(frozen=True, slots=True)
class Labels:
    """The acts, topics (with their canonical targets) and stances that a model knows.

    The roles are those of `Statement` and are the same for every model.
    """

    acts: tuple[str, ...]
    topics: Mapping[str, str]
    stances: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"acts", "topics", "stances"}``."""
        return {"acts": list(self.acts), "topics": dict(self.topics), "stances": list(self.stances)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Labels:
        """Inverse of `to_dict`."""
        return cls(tuple(data["acts"]), dict(data["topics"]), tuple(data["stances"]))


def iob2_transitions(costs: Sequence[float]) -> NDArray[np.float32]:
    """Return the score of each step from one IOB2 tag to the next, for Viterbi decoding.

    Tag 0 is ``O``; of name ``k``, tag ``2k + 1`` is ``B`` and tag ``2k + 2`` is ``I``.

    A step into ``I-x`` is legal only from ``B-x`` or ``I-x``. A span costs what its name costs, half where
    it begins and half where it ends, so that a dear one is found only where much speaks for it, and in one piece.

    Args:
        costs: in nats, one a name, so ``2 * len(costs) + 1`` tags.

    Returns:
        Shape: (tags, tags), row = from, column = to; ``-inf`` where illegal.
    """
    edge = np.concatenate(([0.0], np.repeat(np.asarray(costs, dtype=np.float32) / 2, 2)))
    steps: NDArray[np.float32] = (-edge[:, None] - edge).astype(np.float32)
    for begin in range(1, len(edge), 2):
        inside = begin + 1
        steps[:, inside] = -np.inf
        steps[begin, inside] = steps[inside, inside] = 0.0
    return steps


DEFAULT = Labels(
    acts=("STATE", "AGREE", "CONSULT", "SUPPORT", "CONCEDE", "REQUEST", "ACCUSE", "REJECT", "THREATEN"),
    topics={
        "peace": "l'arrêt des combats et une solution négociée",
        "defence": "le renforcement de la défense et des alliances militaires",
        "disarmament": "la limitation et le contrôle des armements",
        "terrorism": "la coopération contre le terrorisme",
        "cyber": "la coopération pour la cybersécurité et contre la désinformation",
        "sanctions": "le recours aux sanctions",
        "trade": "l'ouverture des échanges commerciaux",
        "economy": "le soutien économique et financier",
        "energy": "la coopération énergétique",
        "climate": "l'action internationale pour le climat et l'environnement",
        "health": "la coopération sanitaire",
        "migration": "l'accueil des migrants et des réfugiés",
        "rights": "la défense des droits humains et de la démocratie",
        "humanitarian": "l'aide humanitaire et au développement",
        "multilateral": "le renforcement des organisations et des accords internationaux",
        "bilateral": "le dialogue et le rapprochement entre les États",
        "sovereignty": "le respect de la souveraineté et de l'intégrité territoriale",
        "culture": "les échanges culturels, éducatifs et scientifiques",
    },
    stances=("favor", "against", "conditional", "neutral"),
)
