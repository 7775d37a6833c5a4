"""The statement model: one encoder pass over a window, then small heads on its word vectors.

In the shapes below, *batch* counts windows, *tokens* and *words* the longest of a batch, *statements* all
of a batch taken together, *width* the encoder's hidden size.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .config import HeadsConfig, LossConfig
from .heads import StatementHeads, start_reader_from
from .labels import Labels
from .losses import IGNORED, binary_cross_entropy, cross_entropy, shared_counts
from .pretrained import check_weights, load_encoder, outline, quiet_transformers, training_attention

__all__ = ["HEADS_FILE", "StatementModel"]

HEADS_FILE = "heads.safetensors"


class StatementModel(nn.Module):
    """Encoder and heads, with the loss over all tasks at once.

    Args:
        encoder: any transformers encoder that returns `last_hidden_state`.
        labels: the inventory that the heads speak.
        sizes: shape of the heads.
        weights: of the tasks in the loss.
    """

    def __init__(
        self,
        encoder: nn.Module,
        labels: Labels,
        sizes: HeadsConfig | None = None,
        weights: LossConfig | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = labels
        self.weights = weights or LossConfig()
        config: Any = encoder.config
        self.heads = StatementHeads(config.hidden_size, config.num_hidden_layers, labels, sizes or HeadsConfig())

    @classmethod
    def from_encoder(cls, name: str, labels: Labels, sizes: HeadsConfig, weights: LossConfig) -> StatementModel:
        """Put fresh heads on a pretrained encoder.

        Args:
            name: a folder or a hub id that transformers' `AutoModel` can load.
            labels: the inventory that the heads speak.
            sizes: shape of the heads.
            weights: of the tasks in the loss.
        """
        encoder = load_encoder(name, attention_probs_dropout_prob=0.0, **training_attention())
        model = cls(encoder, labels, sizes, weights)
        start_reader_from(model.encoder, model.heads.reader)
        return model

    @classmethod
    def load(cls, folder: Path, labels: Labels, sizes: HeadsConfig) -> StatementModel:
        """Load what `save` wrote, in fp32 and evaluation mode.

        Raises:
            BundleError: the weights are damaged, or do not fit config, labels or the heads' shape; told before any
                of them is read.
        """
        from transformers import AutoModel

        with torch.device("meta"):
            expected = cls(outline(AutoModel, folder), labels, sizes)
        check_weights(folder, expected.encoder)
        check_weights(folder, expected.heads, HEADS_FILE)
        model = cls(load_encoder(str(folder)), labels, sizes)
        model.heads.load_state_dict(load_file(folder / HEADS_FILE))
        return model.eval()

    def save(self, folder: Path) -> None:
        """Write encoder (as `save_pretrained` does, so that `AutoModel` can load it) and heads, in fp16."""
        half = copy.deepcopy(self).half()
        with quiet_transformers():
            half.encoder.save_pretrained(folder)  # type: ignore[operator]
        save_file(half.heads.state_dict(), folder / HEADS_FILE)

    def read(self, input_ids: Tensor, attention_mask: Tensor, first: Tensor) -> Tensor:
        """Return the vector of each word: that of its first token, mixed over the encoder's layers.

        Args:
            input_ids: Shape: (batch, tokens).
            attention_mask: 1 where there is a token. Shape: (batch, tokens).
            first: each word's first token; 0 for padding. Shape: (batch, words).

        Returns:
            Shape: (batch, words, width).
        """
        said = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        rows = torch.arange(first.shape[0], device=first.device)[:, None] * input_ids.shape[1]
        place = (first + rows).flatten()  # of each word in the tokens of all windows: whole rows are copied fastest
        mixed = self.heads.mix([layer.flatten(0, 1).index_select(0, place) for layer in said.hidden_states])
        return mixed.view(*first.shape, -1)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        first: Tensor,
        cue_tags: Tensor,
        rows: Tensor,
        starts: Tensor,
        ends: Tensor,
        role_tags: Tensor,
        acts: Tensor,
        topics: Tensor,
        stances: Tensor,
    ) -> dict[str, Tensor]:
        """Return the training loss, for gold cues.

        Args:
            input_ids: Shape: (batch, tokens).
            attention_mask: Shape: (batch, tokens).
            first: Shape: (batch, words).
            cue_tags: -100 for padding. Shape: (batch, words).
            rows: window of each statement. Shape: (statements,).
            starts: first word of its cue. Shape: (statements,).
            ends: word after its cue. Shape: (statements,).
            role_tags: -100 for padding. Shape: (statements, words).
            acts: Shape: (statements,).
            topics: 1.0 where the statement is about the topic. Shape: (statements, topics).
            stances: -100 where it is not. Shape: (statements, topics).

        Returns:
            ``{"loss": scalar}``, as transformers' Trainer expects.
        """
        words = self.read(input_ids, attention_mask, first)
        weights, focus = self.weights, self.weights.focus
        said_of = torch.tensor(len(rows), device=words.device)
        per = shared_counts(
            (cue_tags != IGNORED).sum(), (role_tags != IGNORED).sum(), said_of, said_of, (stances != IGNORED).sum()
        )
        loss = weights.cues * cross_entropy(self.heads.cues(words), cue_tags) / per[0]
        if len(rows):
            said = self.heads(words, cue_tags != IGNORED, rows, starts, ends)
            loss = loss + weights.roles * cross_entropy(said.roles, role_tags) / per[1]
            loss = loss + weights.act * cross_entropy(said.act, acts, focus) / per[2]
            loss = loss + weights.topics * binary_cross_entropy(said.topics, topics, focus) / per[3]
            loss = loss + weights.stances * cross_entropy(said.stances, stances, focus) / per[4]
        return {"loss": loss}
