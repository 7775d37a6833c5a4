"""What is picked for a device, and why."""

from __future__ import annotations

import pytest
import torch

from porteparole import device
from porteparole.device import inference_attention, pick_dtype

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(("times", "dtype"), [(4.2, "bf16"), (1.4, "fp32"), (0.3, "fp32")])
def test_a_cpu_gets_bf16_where_a_trial_shows_that_it_pays(
    monkeypatch: pytest.MonkeyPatch, times: float, dtype: str
) -> None:
    monkeypatch.setattr(device, "bf16_speed", lambda: times)
    assert pick_dtype("auto", CPU) == (dtype, f"on this CPU bf16 multiplies {times} times as fast as fp32")
    assert pick_dtype("fp32", CPU) == ("fp32", "as asked")


@pytest.mark.parametrize(
    ("where", "dtype", "tiles", "attention"),
    [
        (CPU, "bf16", False, "eager"),
        (CPU, "bf16", True, "sdpa"),
        (CPU, "fp32", False, "sdpa"),
        (GPU, "bf16", False, "sdpa"),
    ],
)
def test_attention_is_written_out_on_a_cpu_with_bf16_and_no_tiles(
    monkeypatch: pytest.MonkeyPatch, where: torch.device, dtype: str, tiles: bool, attention: str
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": tiles}, raising=False)
    assert inference_attention(where, dtype) == attention
