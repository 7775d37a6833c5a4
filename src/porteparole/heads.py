"""The heads of the statement model, on the word vectors of an encoder.

In the shapes below, *batch* counts windows, *words* the longest of a batch, *cues* all cues of a batch taken
together, *width* the encoder's hidden size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .config import HeadsConfig
from .labels import ROLES, Labels

__all__ = ["Reader", "StatementHeads", "StatementLogits", "start_reader_from"]

_CUE_TAGS = 3
_ROLE_TAGS = 2 * len(ROLES) + 1
_CONTENT = 2 * ROLES.index("content") + 1
_SOURCE = 2 * ROLES.index("source") + 1


class StatementLogits(NamedTuple):
    """What the heads say of each cue.

    Attributes:
        roles: tags of each word. Shape: (cues, words, 11).
        act: Shape: (cues, acts).
        topics: one logit a topic, for a sigmoid. Shape: (cues, topics).
        stances: Shape: (cues, topics, stances).
    """

    roles: Tensor
    act: Tensor
    topics: Tensor
    stances: Tensor


class Reader(nn.Module):
    """One post-norm transformer layer (Vaswani et al. 2017), the same maths as a layer of BERT.

    Args:
        width: of the vectors that it reads and returns.
        attention_heads: must divide `width`.
        dropout: after attention and feed-forward, while training.
    """

    def __init__(self, width: int, attention_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_heads = attention_heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.attended_norm = nn.LayerNorm(width, eps=1e-12)
        self.inner = nn.Linear(width, 4 * width)
        self.outer = nn.Linear(4 * width, width)
        self.outer_norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """Let every word attend to every live one.

        Args:
            vectors: Shape: (n, words, width).
            mask: true where there is a word. Shape: (n, words).

        Returns:
            Shape: (n, words, width).
        """
        n, length, width = vectors.shape
        # (n, words, 3, heads, width / heads) -> three of (n, heads, words, width / heads)
        split = self.query_key_value(vectors).view(n, length, 3, self.attention_heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        attended = self.attended(attended.transpose(1, 2).reshape(n, length, width))
        vectors = self.attended_norm(vectors + self.dropout(attended))
        fed: Tensor = self.outer_norm(vectors + self.dropout(self.outer(functional.gelu(self.inner(vectors)))))
        return fed


class StatementHeads(nn.Module):
    """Cue, role, act, topic and stance heads.

    The cue head is a linear tagger. For each cue, one transformer layer reads the window's words again,
    each word shifted by a projection of the cue and an embedding of its distance to it; from what
    it says, a linear tagger finds the roles, and the classifiers read the means over cue, content and
    source. Content and source are weighed by the role tagger's own probabilities, so that training and
    prediction see the same thing.
    """

    def __init__(self, width: int, layers: int, labels: Labels, sizes: HeadsConfig) -> None:
        super().__init__()
        self.sizes = sizes
        self.layer_weights = nn.Parameter(torch.zeros(layers + 1))
        self.mixed_norm = nn.LayerNorm(width)
        topics, stances = len(labels.topics), len(labels.stances)
        self.dropout = nn.Dropout(sizes.dropout)
        self.cue_tagger = nn.Linear(width, _CUE_TAGS)
        self.cue_projection = nn.Linear(width, width)
        self.distance = nn.Embedding(2 * sizes.reach + 1, width)
        self.norm = nn.LayerNorm(width)
        self.reader = Reader(width, sizes.attention_heads, sizes.dropout)
        self.role_tagger = nn.Linear(width, _ROLE_TAGS)
        self.statement = nn.Linear(4 * width, width)
        self.act = nn.Linear(width, len(labels.acts))
        self.topics = nn.Linear(width, topics)
        self.stance_hidden = nn.Linear(width, width)
        self.stance_topic = nn.Embedding(topics, width)
        self.stances = nn.Linear(width, stances)
        nn.init.constant_(self.topics.bias, -3.0)  # most statements are about one topic of many
        nn.init.normal_(self.distance.weight, std=0.02)
        nn.init.normal_(self.stance_topic.weight, std=0.02)

    def mix(self, layers: Sequence[Tensor]) -> Tensor:
        """Return a learnt average of the encoder's layers (ELMo's scalar mix, Peters et al. 2018), normed.

        The last layer of an encoder made for sentence vectors tells words apart badly, its middle ones well.

        Args:
            layers: the embeddings and the output of each layer. Each of shape: (…, width).

        Returns:
            Shape: (…, width).
        """
        # Thirteen summands lose too much in bf16.
        weights = self.layer_weights.float().softmax(dim=0)
        total = weights[0] * layers[0].float()
        for weight, layer in zip(weights[1:], layers[1:], strict=True):
            total = torch.addcmul(total, weight, layer.float())
        mixed: Tensor = self.mixed_norm(total.to(self.mixed_norm.weight.dtype))
        return mixed

    def cues(self, words: Tensor) -> Tensor:
        """Return the cue tag logits of word vectors. Shape: (batch, words, width) -> (batch, words, 3)."""
        logits: Tensor = self.cue_tagger(self.dropout(words))
        return logits

    def forward(self, words: Tensor, mask: Tensor, rows: Tensor, starts: Tensor, ends: Tensor) -> StatementLogits:
        """Read the windows again for each cue.

        Args:
            words: word vectors. Shape: (batch, words, width).
            mask: true where there is a word. Shape: (batch, words).
            rows: window of each cue. Shape: (cues,).
            starts: first word of each cue. Shape: (cues,).
            ends: word after the last of each cue. Shape: (cues,).
        """
        seen = words[rows]  # (cues, words, width)
        live = mask[rows]
        place = torch.arange(words.shape[1], device=words.device)
        on_cue = ((place >= starts[:, None]) & (place < ends[:, None])).to(words.dtype)  # (cues, words)
        cue = _mean(seen, on_cue)
        left = (place - starts[:, None]).clamp(max=0)
        right = (place - ends[:, None] + 1).clamp(min=0)
        reach = self.sizes.reach
        distance = self.distance((left + right).clamp(-reach, reach) + reach)
        read = self.norm(seen + self.cue_projection(cue)[:, None] + distance)
        read = self.reader(read, live)
        roles = self.role_tagger(self.dropout(read))
        chance = roles.float().softmax(dim=-1).to(words.dtype) * live[..., None]
        content = _mean(read, chance[..., _CONTENT] + chance[..., _CONTENT + 1])
        source = _mean(read, chance[..., _SOURCE] + chance[..., _SOURCE + 1])
        window = _mean(words, mask.to(words.dtype))[rows]
        joined = torch.cat([_mean(read, on_cue), content, source, window], dim=-1)
        statement = self.dropout(functional.gelu(self.statement(self.dropout(joined))))
        by_topic = functional.gelu(self.stance_hidden(statement)[:, None] + self.stance_topic.weight)
        return StatementLogits(roles, self.act(statement), self.topics(statement), self.stances(self.dropout(by_topic)))


def _mean(vectors: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over words. Shape: (n, words, width), (n, words) -> (n, width)."""
    total = weights.sum(dim=-1, keepdim=True).clamp(min=1e-3)
    return torch.bmm((weights / total)[:, None], vectors)[:, 0]


def start_reader_from(encoder: nn.Module, reader: Reader) -> bool:
    """Start the heads' reader as a copy of one of the encoder's layers, where the two are alike.

    The layer at two thirds of the height: the last ones are the most given to what the encoder was trained for.
    Both are post-norm transformer layers, so a BERT-like layer fits weight by weight; with other
    encoders (DeBERTa, ModernBERT) the reader keeps its random start.

    Returns:
        Whether the copy was made.
    """
    try:
        stack: Any = encoder.encoder.layer  # type: ignore[union-attr]
        layer = stack[len(stack) * 2 // 3 - 1]
        attention = layer.attention.self
        parts = {
            "query_key_value": (attention.query, attention.key, attention.value),
            "attended": (layer.attention.output.dense,),
            "attended_norm": (layer.attention.output.LayerNorm,),
            "inner": (layer.intermediate.dense,),
            "outer": (layer.output.dense,),
            "outer_norm": (layer.output.LayerNorm,),
        }
    except (AttributeError, IndexError, TypeError):
        return False
    state = {
        f"{name}.{kind}": torch.cat([getattr(module, kind) for module in modules])
        for name, modules in parts.items()
        for kind in ("weight", "bias")
    }
    own = reader.state_dict()
    if any(own[key].shape != value.shape for key, value in state.items()):
        return False
    reader.load_state_dict(state)
    return True
