"""Reads [{"gold": [[tag]], "found": [[tag]]}] and writes what seqeval makes of each: [precision, recall, F1, gold spans] by
type, and for its averages."""

import json
import sys

from seqeval.metrics import classification_report


def scores(tags):
    report = classification_report(tags["gold"], tags["found"], output_dict=True, zero_division=0)
    return {name: [float(r[k]) for k in ("precision", "recall", "f1-score", "support")] for name, r in report.items()}


json.dump([scores(tags) for tags in json.load(sys.stdin)], sys.stdout)
