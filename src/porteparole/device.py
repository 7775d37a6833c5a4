"""Where and in which precision to compute."""

from __future__ import annotations

import os
from functools import cache
from time import perf_counter

import torch

from .errors import InputError

__all__ = ["bf16_is_fast", "pick_device", "pick_dtype", "survive_forks"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


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


def pick_dtype(dtype: str, device: torch.device) -> torch.dtype:
    """Return the dtype named, or for ``auto`` bf16 where the device is fast at it, else fp32.

    Raises:
        InputError: no such dtype.
    """
    if dtype == "auto":
        return torch.bfloat16 if bf16_is_fast(device) else torch.float32
    if dtype not in _DTYPES:
        raise InputError(f"dtype {dtype!r}: expected auto, {', '.join(_DTYPES)}")
    return _DTYPES[dtype]


@cache
def bf16_is_fast(device: torch.device) -> bool:
    """Whether bf16 pays: asked of a GPU, measured on a CPU (a few milliseconds, once a process).

    A CPU with bf16 instructions multiplies three to five times as fast as in fp32, one without
    several times as slowly, so a factor of 1.5 tells them apart.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return _matmul_seconds(torch.bfloat16) * 1.5 < _matmul_seconds(torch.float32)


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
