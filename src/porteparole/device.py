"""Where and in which precision to compute."""

from __future__ import annotations

import os
from functools import cache
from time import perf_counter
from typing import Any

import torch

from .errors import InputError

__all__ = ["DTYPES", "bf16_is_fast", "inference_attention", "pick_device", "pick_dtype", "survive_forks"]

_PAYS = 1.5
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def pick_device(device: str = "auto") -> torch.device:
    """Return the device named, or for ``auto`` the first of CUDA, MPS and CPU that is there.

    Raises:
        InputError: there is no such device.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        picked = torch.device(device)
        torch.empty(0, device=picked)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {device!r}: expected auto, cpu, mps, cuda or cuda:N; {reason}") from None
    return picked


def pick_dtype(dtype: str, device: torch.device) -> tuple[str, str]:
    """Return the dtype named, or for ``auto`` bf16 where the device is fast at it, else fp32; and why.

    Raises:
        InputError: no such dtype.
    """
    if dtype != "auto":
        if dtype not in DTYPES:
            raise InputError(f"dtype {dtype!r}: expected auto, {', '.join(DTYPES)}")
        return dtype, "as asked"
    picked = "bf16" if bf16_is_fast(device) else "fp32"
    if device.type == "cpu":
        return picked, f"on this CPU bf16 multiplies {bf16_speed():.1f} times as fast as fp32"
    return picked, f"{device.type} is {'' if picked == 'bf16' else 'not '}made for bf16"


def bf16_is_fast(device: torch.device) -> bool:
    """Whether bf16 pays: asked of a GPU, measured on a CPU."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bf16_speed() >= _PAYS


def inference_attention(device: torch.device, dtype: str) -> str:
    """Return the attention that predicts fastest.

    torch's fused kernel is made for the tile instructions (AMX) of newer Intel CPUs; on a CPU that has bf16 without
    them, plain matrix products are faster (docs/performance.md).
    """
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older releases of torch don't tell
    tiles = capabilities.get("amx_bf16", True)
    return "eager" if device.type == "cpu" and dtype == "bf16" and not tiles else "sdpa"


@cache
def bf16_speed() -> float:
    """Return how many times faster than in fp32 this CPU multiplies in bf16: a trial of milliseconds, once a process.

    A CPU with bf16 instructions multiplies three to five times as fast as in fp32, one without
    several times as slowly, so a factor of 1.5 tells them apart.
    """
    return _matmul_seconds(torch.float32) / _matmul_seconds(torch.bfloat16)


def _matmul_seconds(dtype: torch.dtype) -> float:
    """Best time of a matrix product of the encoder's shape."""
    left, right = torch.ones(256, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    times = []
    for _ in range(5):
        start = perf_counter()
        left @ right
        times.append(perf_counter() - start)
    return min(times)


@cache
def survive_forks() -> None:
    """Let processes that are forked from this one compute in one thread.

    The threads of OpenMP do not come along, and torch would wait for them for ever. Its own DataLoader sees to
    its workers in the same way.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))
