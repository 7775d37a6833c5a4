"""Pretrained encoders, as transformers loads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from torch import nn

__all__ = ["load_encoder", "quiet_transformers", "spare_memory", "training_attention"]


def training_attention() -> dict[str, str]:
    """Return the settings of the attention that trains fastest: on a CPU the fused kernel is slow in its backward pass.

    Elsewhere transformers knows best: not every encoder (DeBERTa) has a fused one.
    """
    return {} if torch.cuda.is_available() else {"attn_implementation": "eager"}


def load_encoder(name: str, **config: Any) -> nn.Module:
    """Load a transformers encoder in fp32, without pooler or remote code.

    Args:
        name: a folder or a hub id.
        config: attributes of the model's config to set, e.g. dropout rates.
    """
    from transformers import AutoConfig, AutoModel

    settings = AutoConfig.from_pretrained(name, trust_remote_code=False, **config)
    kind = AutoModel._model_mapping[type(settings)]  # as BERT, some can be built without the pooler that nobody reads
    pooler = {"add_pooling_layer": False} if "add_pooling_layer" in signature(kind.__init__).parameters else {}
    with quiet_transformers():
        encoder: nn.Module = AutoModel.from_pretrained(
            name, config=settings, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, **pooler
        )
    return encoder


def spare_memory(encoder: Any) -> None:
    """Let a model of transformers forget its layers' inner values in the forward pass and compute them again.

    Raises:
        ValueError: it cannot.
    """
    # Newer releases of transformers 5 have renamed this, and warn at the old name.
    enable = getattr(encoder, "activation_checkpointing_enable", None) or encoder.gradient_checkpointing_enable
    enable({"use_reentrant": False})


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers from printing bars and reports while it loads or saves weights; put all back after."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
