"""Pretrained encoders, as transformers loads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from .errors import BundleError

__all__ = [
    "check_weights",
    "load_encoder",
    "outline",
    "quiet_transformers",
    "spare_memory",
    "training_attention",
]

_WEIGHTS = "model.safetensors"


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
    with quiet_transformers():
        encoder: nn.Module = AutoModel.from_pretrained(
            name,
            config=settings,
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            **_without_pooler(AutoModel, settings),
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


def _without_pooler(auto: Any, settings: Any) -> dict[str, bool]:
    """Some encoders, as BERT, can be built without the pooler, which nobody reads."""
    kind = auto._model_mapping[type(settings)]
    plain = auto.__name__ == "AutoModel" and "add_pooling_layer" in signature(kind.__init__).parameters
    return {"add_pooling_layer": False} if plain else {}


def outline(auto: Any, folder: Path) -> nn.Module:
    """Return the model that the config.json of a folder describes, on the meta device: shapes, and no memory.

    Args:
        auto: the class of transformers that loads it, e.g. `AutoModel`.
        folder: that `save_pretrained` wrote.

    Raises:
        BundleError: it says more layers than the weights can hold.
    """
    from transformers import AutoConfig

    settings = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    tensors = len(_shapes(folder / _WEIGHTS))
    if settings.num_hidden_layers > tensors:
        raise BundleError(
            f"{folder / 'config.json'}: num_hidden_layers {settings.num_hidden_layers}, "
            f"but {_WEIGHTS} holds only {tensors} tensors; copy the whole folder again"
        )
    with torch.device("meta"):
        model: nn.Module = auto.from_config(settings, trust_remote_code=False, **_without_pooler(auto, settings))
    return model


def check_weights(folder: Path, model: nn.Module, name: str = _WEIGHTS) -> None:
    """Compare what a weights file says it holds with what a model wants, before any of it is read.

    transformers gives random numbers to what it misses. Tensors may bear other names, if they are as many and
    of the same shapes: some releases write old ones (``LayerNorm.beta``), which all can read.

    Args:
        folder: of the file.
        model: on the meta device, as `outline` makes it.
        name: of the file.

    Raises:
        BundleError: a tensor is missing, not wanted, or of another shape; or the file is damaged.
    """
    found = _shapes(folder / name)
    wanted = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    strange = sorted(found.keys() ^ wanted.keys())
    renamed = sorted(found[key] for key in strange if key in found) == sorted(
        wanted[key] for key in strange if key in wanted
    )
    for key in sorted(found.keys() & wanted.keys()) + ([] if renamed else strange):
        if found.get(key) != wanted.get(key):
            raise BundleError(
                f"{folder / name}: expected the weights that the configs describe, but {key} is of shape "
                f"{found.get(key, 'none')} and should be of {wanted.get(key, 'none')}; copy the whole folder again"
            )


def _shapes(file: Path) -> dict[str, list[int]]:
    """The shape of each tensor of a safetensors file, from its header, which the library checks."""
    try:
        with safe_open(file, framework="np") as weights:
            return {key: list(weights.get_slice(key).get_shape()) for key in weights.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{file}: no whole safetensors file, copy it again: {error}") from None


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
