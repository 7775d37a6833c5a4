"""What precision and backend do to the figures of an annotated corpus; writes docs/performance.json and .md.

python benchmarks/agreement.py ../shared/real/dev.jsonl    # 2 minutes on two quiet cores
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import report
from contenders import taggers

from porteparole.bundle import Bundle, find_bundle
from porteparole.data import read_corpus
from porteparole.evaluate import evaluate
from porteparole.export import export_onnx
from porteparole.metrics import headline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="an annotated corpus, JSON Lines in the resolved form")
    parser.add_argument("--exported", type=Path, help="a bundle that `porteparole export` has been run on")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.exported or export_onnx(find_bundle(), Path(scratch) / "bundle")
        found = {}
        for name, tagger in taggers(Bundle.read(folder)).items():
            gold = read_corpus(options.corpus, tagger.labels)
            found[name] = headline(evaluate(tagger, gold))
            print(name, found[name], flush=True)
    report.write({"agreement": {"file": options.corpus.name, "documents": len(gold), "headline": found}})


if __name__ == "__main__":
    main()
