"""A config to a model: the fit of its task, once, or with several seeds of which the best is kept."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .bundle import MANIFEST, is_bundle, seal
from .config import AnyConfig, SequenceConfig, StanceConfig, StatementsConfig
from .files import new_folder, read_text, write_atomically
from .metrics import headline
from .trainer import is_main_process

__all__ = ["train", "train_seeds"]


def train(config: AnyConfig, *, resume: bool = False) -> Path:
    """Train what a config says, and write it to its `output`.

    Args:
        config: of any task.
        resume: go on from the last checkpoint of a run that was interrupted.

    Returns:
        The model's folder.

    Raises:
        ConfigError: the encoder cannot be loaded, or the config does not suit the device.
        DataError: the data has faults; they are listed.
        DependencyError: the extra ``train`` is not installed.
    """
    # Each brings torch and transformers, which take seconds to import.
    if isinstance(config, StatementsConfig):
        from .fit_statements import fit_statements

        return fit_statements(config, resume=resume)
    if isinstance(config, StanceConfig):
        from .fit_stance import fit_stance

        return fit_stance(config, resume=resume)
    if isinstance(config, SequenceConfig):
        from .fit_sequence import fit_sequence

        return fit_sequence(config, resume=resume)
    from .fit_token import fit_token

    return fit_token(config, resume=resume)


def train_seeds(config: AnyConfig, seeds: int, *, resume: bool = False) -> Path:
    """Train `seeds` times, from the config's seed upward, each into ``OUTPUT-seedN``; copy the best to `output`.

    The best is that of the best validation score. Its metrics.json gains ``seeds``: the headline figures of each
    run, their mean and their (sample) standard deviation.

    Args:
        config: of any task.
        seeds: how many, two or more.
        resume: pass over the seeds that are done, and go on with the one that was interrupted.

    Returns:
        The model's folder.
    """
    part = {"statements": "statements", "stance": "stance"}.get(config.task, "")
    runs: dict[int, dict[str, float]] = {}
    for seed in range(config.seed, config.seed + seeds):
        output = config.output.with_name(f"{config.output.name}-seed{seed}")
        if not (resume and (output / part / "metrics.json").is_file()):
            train(config.model_copy(update={"seed": seed, "output": output}), resume=resume)
        if is_main_process():
            runs[seed] = _figures(config.task, json.loads(read_text(output / part / "metrics.json"))["validation"])
    if is_main_process():
        best = max(runs, key=lambda seed: runs[seed]["score"])
        _keep(config, part, best, {"chosen": best, **_spread(runs)})
    return config.output


def _figures(task: str, validation: Mapping[str, Any]) -> dict[str, float]:
    """The figures of one run that are compared; ``score`` is what chose its checkpoint."""
    if task == "statements":
        found = headline(dict(validation))
        return {"score": sum(found.values()) / len(found), **found}
    found = {name: value for name, value in validation.items() if isinstance(value, float)}
    return {"score": found["micro_f1" if task == "token" else "macro_f1"], **found}


def _spread(runs: Mapping[int, Mapping[str, float]]) -> dict[str, Any]:
    names = next(iter(runs.values())).keys()
    columns = {name: [run[name] for run in runs.values()] for name in names}
    return {
        "mean": {name: statistics.mean(values) for name, values in columns.items()},
        "std": {name: statistics.stdev(values) for name, values in columns.items()},
        "runs": {str(seed): dict(run) for seed, run in runs.items()},
    }


def _keep(config: AnyConfig, part: str, seed: int, report: Mapping[str, Any]) -> None:
    """Copy what one run has written to the output, and what all runs found into its metrics."""
    source = config.output.with_name(f"{config.output.name}-seed{seed}")
    with new_folder(config.output / part if part else config.output) as folder:
        shutil.copytree(source / part, folder, dirs_exist_ok=True)
        metrics = json.loads(read_text(folder / "metrics.json"))
        text = json.dumps({**metrics, "seeds": report}, ensure_ascii=False, indent=1)
        write_atomically(folder / "metrics.json", text + "\n")
    if part == "statements":
        manifest = json.loads(read_text(source / MANIFEST))
        write_atomically(
            config.output / MANIFEST, json.dumps({**manifest, "name": config.output.name}, ensure_ascii=False, indent=1)
        )
    if is_bundle(config.output):
        seal(config.output)
