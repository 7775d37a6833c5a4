"""Sharing: a bundle goes to a hub and comes back, by huggingface_hub's own client and a small server of ours.

And what is shared opens in plain transformers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModel, CamembertModel, pipeline

from porteparole import BundleError
from porteparole.bundle import Bundle
from porteparole.model import StatementModel
from porteparole.tagger import load

REPO = "someone/press"
SENTENCE = "« Nous rouvrirons notre ambassade avant l'été », a promis jeudi la ministre norvégienne."


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as an upload and a download by huggingface_hub ask of it; commits are kept in memory."""

    commits: dict[str, dict[str, bytes]]
    tags: dict[str, str]
    refuses: bool

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, body: bytes, *, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        path = urlsplit(self.path).path
        if self.refuses:
            self.answer(b'{"error": "You may not write here"}', code=403, X_Error_Message="You may not write here")
        elif path == "/api/repos/create":
            self.answer(json.dumps({"url": f"http://{self.headers['Host']}/{REPO}"}).encode())
        elif path == "/api/validate-yaml":  # of the card
            self.answer(b'{"errors": [], "warnings": []}')
        elif path == f"/api/models/{REPO}/preupload/main":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(sent)["files"]
            ]
            self.answer(json.dumps({"files": files}).encode())
        elif path == f"/api/models/{REPO}/commit/main":
            rows = [json.loads(line) for line in sent.splitlines()]
            files = {
                row["value"]["path"]: base64.b64decode(row["value"]["content"]) for row in rows if row["key"] == "file"
            }
            name = hashlib.sha1(sent).hexdigest()
            self.commits[name] = files
            self.tags["main"] = name
            address = f"http://{self.headers['Host']}/{REPO}/commit/{name}"
            self.answer(json.dumps({"commitUrl": address, "commitOid": name, "success": True}).encode())
        else:
            self.answer(b"{}", code=404)

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        base, _, revision = path.partition("/revision/")
        if base == f"/api/models/{REPO}":
            commit = self.tags.get(revision or "main", revision)
            if commit not in self.commits:
                self.answer(b"{}", code=404, X_Error_Code="RevisionNotFound")
                return
            names = [{"rfilename": name} for name in self.commits[commit]]
            self.answer(json.dumps({"id": REPO, "sha": commit, "siblings": names}).encode())
        elif path.startswith(f"/api/models/{REPO}/tree/"):
            commit = path.rsplit("/", 1)[1]
            files = self.commits[self.tags.get(commit, commit)]
            rows = [{"type": "file", "path": name, "size": len(data), "oid": oid(data)} for name, data in files.items()]
            self.answer(json.dumps(rows).encode(), Content_Type="application/json")
        elif path.startswith(f"/{REPO}/resolve/"):
            commit, _, name = path.removeprefix(f"/{REPO}/resolve/").partition("/")
            commit = self.tags.get(commit, commit)
            data = self.commits[commit].get(name)
            if data is None:
                self.answer(b"", code=404, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
            else:
                self.answer(data, ETag=f'"{oid(data)}"', X_Repo_Commit=commit)
        else:
            self.answer(b"{}", code=404, X_Error_Code="RepoNotFound")

    do_HEAD = do_GET


def oid(data: bytes) -> str:
    """The name that git gives to a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Hub]]:
    """A hub of this process; huggingface_hub asks it alone."""
    kept = type("KeptHub", (Hub,), {"commits": {}, "tags": {}, "refuses": False})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kept)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    # HF_ENDPOINT is read when the library is first imported, so a test sets what it was read into.
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", "hf_ours")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_bundle_goes_to_the_hub_and_comes_back(hub: type[Hub], tiny_bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_bundle, tmp_path / "mine")
    for name in ("statements/pytorch_model.bin", "statements/modeling.py", "notes.txt", ".secret.json"):
        (tmp_path / "mine" / name).write_text("{}", encoding="utf-8")
    tagger = load(tmp_path / "mine", device="cpu", dtype="fp32")
    address = tagger.push_to_hub(REPO, private=True)
    (sent,) = hub.commits.values()
    assert address.endswith(hub.tags["main"])
    assert {Path(name).suffix for name in sent} <= {".json", ".safetensors", ".yaml", ".md"}
    assert {"porteparole.json", "statements/heads.safetensors", "stance/model.safetensors"} <= sent.keys()
    assert not {name for name in sent if "secret" in name or "notes" in name}

    first = hub.tags["v1"] = hub.tags["main"]
    (tmp_path / "mine" / "README.md").write_text("# another\n", encoding="utf-8")
    Bundle.read(tmp_path / "mine").push_to_hub(REPO)
    assert hub.tags["main"] != first
    fetched = load(REPO, revision="v1", device="cpu", dtype="fp32")
    assert fetched.predict(SENTENCE) == tagger.predict(SENTENCE)
    assert fetched.stance(SENTENCE, "la paix") == tagger.stance(SENTENCE, "la paix")
    assert first in fetched.describe()["path"]
    with pytest.raises(BundleError, match=f"{REPO}: no such folder here, and the hub gave nothing"):
        load(REPO, revision="v2")


def test_a_hub_that_refuses_is_told(hub: type[Hub], tiny_bundle: Path) -> None:
    hub.refuses = True
    with pytest.raises(BundleError, match=f"{REPO}: the hub took no upload of .*403"):
        Bundle.read(tiny_bundle).push_to_hub(REPO)
    with pytest.raises(BundleError, match="no name: the hub took no upload"):
        Bundle.read(tiny_bundle).push_to_hub("no name")


def test_the_stance_classifier_is_a_plain_pipeline(tiny_bundle: Path) -> None:
    classify = pipeline("text-classification", model=str(tiny_bundle / "stance"), device="cpu")
    said = classify({"text": SENTENCE, "text_pair": "la réouverture de l'ambassade"})
    mine = load(tiny_bundle, device="cpu", dtype="fp32").stance(SENTENCE, "la réouverture de l'ambassade")
    assert said["label"] == mine.label
    assert said["score"] == pytest.approx(mine.score, abs=1e-3)


def test_the_encoder_of_the_statement_model_is_a_plain_camembert(tiny_bundle: Path) -> None:
    encoder, report = AutoModel.from_pretrained(tiny_bundle / "statements", dtype="float32", output_loading_info=True)
    assert isinstance(encoder, CamembertModel)
    assert {key.split(".")[0] for key in report["missing_keys"]} <= {"pooler"}  # which token vectors do not need
    assert not report["unexpected_keys"]
    bundle = Bundle.read(tiny_bundle)
    model = StatementModel.load(bundle.statements, bundle.labels, bundle.manifest.heads)
    ids = torch.tensor([[0, 7, 8, 9, 2]])
    with torch.inference_mode():
        mine = model.encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        theirs = encoder.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    assert torch.allclose(mine, theirs, atol=1e-5)
