"""What the tests share: a tiny CamemBERT with its tokenizer, and a small annotated corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CamembertConfig,
    CamembertForSequenceClassification,
    CamembertModel,
    PreTrainedTokenizerFast,
)

from corpus import PASSAGES, resolve
from porteparole.bundle import FORMAT, Golden, LabelInventory, Manifest, write_manifest, write_report
from porteparole.config import (
    DecodingConfig,
    HeadsConfig,
    StanceConfig,
    StatementsConfig,
    WindowConfig,
    load_config,
)
from porteparole.data import read_corpus
from porteparole.encode import Encoder
from porteparole.fit_stance import fit_stance
from porteparole.fit_statements import fit_statements
from porteparole.labels import DEFAULT
from porteparole.model import StatementModel
from porteparole.schema import Document
from porteparole.tagger import golden_reading
from porteparole.torch_backend import TorchStatements

# A shared machine may be slow: a slow example is no failure.
settings.register_profile("porteparole", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("porteparole")
# For benchmarks/mutation.py: whether a test fails counts, not the smallest case that makes it fail.
settings.register_profile("unshrunk", settings.get_profile("porteparole"), phases=[Phase.explicit, Phase.generate])

ROOT = Path(__file__).parents[1]
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Tokenizer:
    """A fast tokenizer made like CamemBERT's: Unigram over Metaspace, after a compatibility normalisation."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator([passage["text"] for passage in PASSAGES], trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


@pytest.fixture(scope="session")
def tiny_encoder(tiny_tokenizer: Tokenizer) -> CamembertModel:
    """A CamemBERT of two layers, its weights random but always the same. Do not train it: copy it first."""
    config = CamembertConfig(
        vocab_size=tiny_tokenizer.get_vocab_size(),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=514,
        type_vocab_size=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        return CamembertModel(config, add_pooling_layer=False).eval()


@pytest.fixture(scope="session")
def tiny_encoder_folder(
    tiny_encoder: CamembertModel, tiny_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder that `save_pretrained` makes of the tiny encoder and its tokenizer."""
    folder = tmp_path_factory.mktemp("encoder") / "tiny-camembert"
    tiny_encoder.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tiny_tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=512,
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def fresh_bundle(
    tiny_encoder: CamembertModel, tiny_encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle that has learned nothing, made in no time. Do not change it: copy it first."""
    folder = tmp_path_factory.mktemp("fresh") / "bundle"
    sizes = HeadsConfig(attention_heads=4)
    labelled = CamembertConfig(**{**tiny_encoder.config.to_dict(), "id2label": dict(enumerate(DEFAULT.stances))})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        model = StatementModel(tiny_encoder, DEFAULT, sizes)
        stances = CamembertForSequenceClassification(labelled)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_encoder_folder)
    model.save(folder / "statements")
    stances.half().save_pretrained(folder / "stance")
    for part in ("statements", "stance"):
        tokenizer.save_pretrained(folder / part)
        write_report(folder / part, "", {})
    window = WindowConfig()
    encoder = Encoder(tokenizer.backend_tokenizer, budget=window.tokens, overlap=window.overlap)
    saved = StatementModel.load(folder / "statements", DEFAULT, sizes)
    tokens, logits = golden_reading("Rien de neuf.", encoder, TorchStatements(saved))
    manifest = Manifest(
        format=FORMAT,
        name="fresh",
        labels=LabelInventory(**DEFAULT.to_dict()),
        window=window,
        heads=sizes,
        decoding=DecodingConfig(),
        golden=Golden(text="Rien de neuf.", tokens=tokens, cue_logits=logits),
    )
    write_manifest(folder, manifest)
    return folder


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small corpus in the resolved form, one passage a line."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    lines = [json.dumps(resolve(passage), ensure_ascii=False) for passage in PASSAGES]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def corpus(corpus_file: Path) -> list[Document]:
    """The small corpus as documents."""
    return read_corpus(corpus_file, DEFAULT)


@pytest.fixture(scope="session")
def config_of(tiny_encoder_folder: Path, corpus_file: Path) -> Callable[..., StatementsConfig | StanceConfig]:
    """The project's own config of a task, for the tiny encoder and the small corpus."""

    def make(task: str, output: Path, *overrides: str) -> StatementsConfig | StanceConfig:
        heads = ["heads.attention_heads=4"] if task == "statements" else []
        return load_config(
            ROOT / "configs" / f"{task}.yaml",
            [
                f"encoder={tiny_encoder_folder}",
                f"data.train=[{corpus_file}]",
                f"data.validation={corpus_file}",
                "data.leakage=warn",
                f"output={output}",
                *heads,
                *overrides,
            ],
        )

    return make


@pytest.fixture(scope="session")
def tiny_bundle(
    config_of: Callable[..., StatementsConfig | StanceConfig], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A bundle that has learned the small corpus by heart. Do not change it: copy it first."""
    folder = tmp_path_factory.mktemp("tiny") / "bundle"
    learn = ["optim.learning_rate=3e-3", "optim.patience=60"]
    fit_statements(config_of("statements", folder, *learn, "optim.epochs=60", "optim.head_learning_rate=5e-3"))
    fit_stance(config_of("stance", folder, *learn, "optim.epochs=4"))
    return folder
