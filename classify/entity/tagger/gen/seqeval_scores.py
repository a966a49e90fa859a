"""Reads {"gold": [[tag]], "found": [[tag]]} and writes what seqeval makes of it: [precision, recall, F1, gold spans] by
type, and for its averages."""

import json
import sys

from seqeval.metrics import classification_report

tags = json.load(sys.stdin)
report = classification_report(tags["gold"], tags["found"], output_dict=True, zero_division=0)
json.dump({name: [float(r[k]) for k in ("precision", "recall", "f1-score", "support")] for name, r in report.items()}, sys.stdout)
