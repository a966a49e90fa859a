"""Measures what eval measures with scikit-learn, scipy and statsmodels, for parity_test.go.

Reads cases from standard input, one JSON object a line, and writes the numbers of each as a line of JSON.

    single: {"labels", "rows": [{"gold", "label", "confidence"}]}    gold null: out of scope; label null: no answer
    multi:  {"labels", "threshold", "rows": [{"gold": [...], "scores": [...]}]}
    pairs:  {"pairs": [[both, first], [second, neither]]}
    shares: {"shares": [[right, rows], ...]}
"""

import json
import sys
import warnings

import numpy as np
import scipy.stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore")


def ece(confidence, right, bins=15):
    """Naeini 2015, as Guo 2017 write it down, with bins closed on the left."""
    which = np.minimum((np.round(confidence * 1e4).astype(int) * bins) // 10000, bins - 1)
    gaps = [abs(right[which == b].sum() - confidence[which == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(confidence)) if len(confidence) else None


def scores(truth, given, labels):
    out = {}
    for average in ("macro", "micro", "weighted"):
        # A label that neither occurs nor is given has no part in the mean.
        seen = [l for l in labels if l in set(truth) | set(given)]
        out[average + "_f1"] = metrics.f1_score(truth, given, labels=seen, average=average, zero_division=0)
    p, r, f, s = metrics.precision_recall_fscore_support(truth, given, labels=labels, zero_division=np.nan)
    out["precision"], out["recall"], out["support"] = p.tolist(), r.tolist(), s.tolist()
    return out


def threshold(confidence, right, wanted):
    """The lowest threshold whose precision is enough, by scikit-learn's precision-recall curve."""
    precision, _, thresholds = metrics.precision_recall_curve(right, confidence)
    enough = thresholds[precision[:-1] >= wanted]
    return float(enough[0]) if len(enough) else None


def aurc(confidence, right):
    """The mean selective risk over all coverages, and over 400 orders of equal confidences."""
    rng, total = np.random.default_rng(1), 0.0
    for _ in range(400):
        order = np.lexsort((rng.random(len(right)), -confidence))
        wrong = 1 - right[order]
        total += float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))
    return total / 400


def single(case):
    labels = case["labels"]
    inside = [r for r in case["rows"] if r["gold"] is not None]
    outside = [r for r in case["rows"] if r["gold"] is None]
    truth = [r["gold"] for r in inside]
    given = [r["label"] or "(none)" for r in inside]
    out = scores(truth, given, labels)
    out["accuracy"] = metrics.accuracy_score(truth, given)
    answered = [r for r in inside if r["label"]]
    confidence = np.array([r["confidence"] for r in answered])
    right = np.array([r["label"] == r["gold"] for r in answered], dtype=int)
    out["ece"] = ece(confidence, right)
    out["threshold"] = threshold(confidence, right, case["precision"])
    every = np.array([r["confidence"] if r["label"] else -1.0 for r in inside])
    out["aurc"] = aurc(every, np.array([r["label"] == r["gold"] for r in inside], dtype=float))
    top = [r["confidence"] if r["label"] else 0.0 for r in inside + outside]
    out["auroc"] = metrics.roc_auc_score([1] * len(inside) + [0] * len(outside), top)
    matrix = metrics.confusion_matrix(truth, given, labels=labels + ["(none)"])
    out["confusion"] = matrix.tolist()
    return out


def multi(case):
    labels = case["labels"]
    truth = np.array([[int(l in r["gold"]) for l in labels] for r in case["rows"]])
    confidence = np.array([r["scores"] for r in case["rows"]])
    given = (confidence >= case["threshold"]).astype(int)
    out = {"exact_match": metrics.accuracy_score(truth, given)}
    for average in ("macro", "micro", "weighted"):
        out[average + "_f1"] = metrics.f1_score(truth, given, average=average, zero_division=0)
    out["samples_f1"] = metrics.f1_score(truth, given, average="samples", zero_division=1)
    p, r, _, s = metrics.precision_recall_fscore_support(truth, given, zero_division=np.nan)
    out["precision"], out["recall"], out["support"] = p.tolist(), r.tolist(), s.tolist()
    out["ece"] = ece(confidence.ravel(), truth.ravel())
    out["thresholds"] = [threshold(confidence[:, i], truth[:, i], case["precision"]) for i in range(len(labels))]
    best = []
    for i in range(len(labels)):
        precision, recall, _ = metrics.precision_recall_curve(truth[:, i], confidence[:, i])
        with np.errstate(invalid="ignore"):
            best.append(float(np.nanmax(2 * precision * recall / (precision + recall))))
    out["best_f1"] = best
    return out


def pairs(case):
    table = np.array(case["pairs"])
    exact = mcnemar(table, exact=True)
    corrected = mcnemar(table, exact=False, correction=True)
    n = table.sum()
    rng = np.random.default_rng(1)
    draws = rng.multinomial(n, table.ravel() / n, size=200_000)
    low, high = np.percentile((draws[:, 2] - draws[:, 1]) / n, [2.5, 97.5])
    return {
        "exact_p": exact.pvalue, "chi2": corrected.statistic, "chi2_p": corrected.pvalue,
        "binomial_p": scipy.stats.binomtest(int(table[0][1]), int(table[0][1] + table[1][0])).pvalue,
        "low": low, "high": high,
    }


def shares(case):
    return {"wilson": [list(proportion_confint(right, rows, method="wilson")) for right, rows in case["shares"]]}


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(value)
    return int(value) if isinstance(value, np.integer) else value


kinds = {"single": single, "multi": multi, "pairs": pairs, "shares": shares}
for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(plain(kinds[case["kind"]](case))), flush=True)
