import unittest

import pyarrow as pa

from winnow_plugin import Answers, NO_KNOWN_WORDS, NULL_TEXT, UNSURE
from winnow_plugin._classifier import batch_of, schema

TEXTS = pa.array(["a", "b", None])


def batch(answers: Answers, lists: bool = False) -> list[dict]:
    made = batch_of(answers, TEXTS, schema(lists), sorted(answers.errors))
    made.validate(full=True)
    return made.to_pylist()


class TestAnswers(unittest.TestCase):
    def test_what_is_not_given_is_filled_in(self):
        self.assertEqual(batch(Answers(label=[0, None, -1], confidence=[0.5, 0.25, None])), [
            {"label": 0, "confidence": 0.5, "reason": 0, "tokens": 0},
            {"label": -1, "confidence": 0, "reason": UNSURE, "tokens": 0},
            {"label": -1, "confidence": 0, "reason": NULL_TEXT, "tokens": 0},
        ])

    def test_reasons_and_tokens_are_taken(self):
        rows = batch(Answers(label=[1, -1, -1], confidence=[1, 0, 0], reason=[NULL_TEXT, NO_KNOWN_WORDS, NULL_TEXT], tokens=[3, 1, 0]))
        self.assertEqual([r["reason"] for r in rows], [0, NO_KNOWN_WORDS, NULL_TEXT])
        self.assertEqual([r["tokens"] for r in rows], [3, 1, 0])

    def test_a_row_that_fails_has_no_label(self):
        rows = batch(Answers(label=[1, 1, 1], confidence=[1, 1, 1], labels=[[(1, 1.0)], [(1, 1.0)], []], errors={1: "no"}), lists=True)
        self.assertEqual([r["label"] for r in rows], [1, -1, 1])
        self.assertEqual([r["labels"] for r in rows], [[{"label": 1, "confidence": 1}], [], []])

    def test_too_few_rows_are_an_error(self):
        with self.assertRaisesRegex(ValueError, "confidence has 2 rows for 3 texts"):
            batch(Answers(label=[0, 0, 0], confidence=[1, 1]))

    def test_promised_lists_are_missed(self):
        with self.assertRaisesRegex(ValueError, "have no labels"):
            batch(Answers(label=[0, 0, 0], confidence=[1, 1, 1]), lists=True)

    def test_an_index_that_is_no_integer_is_an_error(self):
        with self.assertRaisesRegex(TypeError, "label has values that are no int32"):
            batch(Answers(label=[0.5, 0, 0], confidence=[1, 1, 1]))


if __name__ == "__main__":
    unittest.main()
