import unittest

import pyarrow as pa
import winnow_plugin as winnow

from classifier import Keywords

WORDS = {"words": {"billing": ["card", "invoice"], "technical": ["crashes", "App"]}}


class TestKeywords(unittest.TestCase):
    def test_the_label_with_the_most_words(self):
        keywords = Keywords(winnow.Task(WORDS))
        answers = keywords.classify(pa.array(["The app crashes on every card", "hello", None]))
        self.assertEqual(keywords.labels, ["billing", "technical"])
        self.assertEqual(answers.label, [1, -1, -1])
        self.assertAlmostEqual(answers.confidence[0], 2 / 3)
        self.assertEqual(answers.reason[1:], [winnow.NO_KNOWN_WORDS, winnow.NULL_TEXT])
        self.assertEqual(answers.tokens, [6, 1, 0])

    def test_a_word_of_two_labels(self):
        with self.assertRaisesRegex(ValueError, 'the word "x" belongs to a and to b'):
            Keywords(winnow.Task({"words": {"a": ["x"], "b": ["X"]}}))


if __name__ == "__main__":
    unittest.main()
