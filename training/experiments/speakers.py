"""What the rules of `porteparole.speakers` add to the antecedents that the model finds.

    python training/experiments/speakers.py ../shared/real/dev.jsonl

prints the exact F1 of antecedents and speakers, without the rules and with them.
"""

from __future__ import annotations

import sys
from unittest.mock import patch

import porteparole
from porteparole.data import read_corpus
from porteparole.metrics import score

tagger = porteparole.load(device="cpu", dtype="fp32")
gold = read_corpus(sys.argv[1], tagger.labels)
texts = [document.text for document in gold]
with patch("porteparole.analyzer.resolve", lambda _, statements: (statements, ())):
    plain = tagger.predict(texts)
for name, found in (("the model alone", plain), ("with the rules", tagger.predict(texts))):
    figures = score(found, gold)
    print(name, *(f"{part} {figures[part]['exact']['f1']:.3f}" for part in ("antecedent", "speaker")))
