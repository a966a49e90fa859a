import contextlib
import io
import unittest

from winnow_plugin import FatalError, FencedError, LostError, TransientError
from winnow_plugin import plugin_pb2 as pb
from winnow_plugin._errors import error_of, refusal, require


class TestErrors(unittest.TestCase):
    def test_each_exception_is_told_as_what_it_is(self):
        for exception, want in [
            (KeyError("x"), pb.Error(fate=pb.FATE_RECORD, message="KeyError: 'x'")),
            (TransientError("later"), pb.Error(fate=pb.FATE_TRANSIENT, message="later")),
            (FencedError("taken over"), pb.Error(fate=pb.FATE_TRANSIENT, message="taken over", code="plugin.fenced")),
            (LostError("cut off"), pb.Error(fate=pb.FATE_TRANSIENT, message="cut off", lost=True)),
            (FatalError("never"), pb.Error(fate=pb.FATE_FATAL, message="never")),
        ]:
            self.assertEqual(error_of(exception), want)

    def test_a_bug_is_traced_once(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            for _ in range(3):
                try:
                    {}["x"]
                except KeyError as e:
                    error_of(e)
            for expected in (TransientError("later"), FatalError("never"), ValueError("no such folder")):
                try:
                    raise expected
                except Exception as e:
                    refusal(e) if isinstance(e, ValueError) else error_of(e)
        self.assertEqual(said.getvalue().count("Traceback"), 1)
        self.assertIn('{}["x"]', said.getvalue())

    def test_a_method_that_is_missing_is_named(self):
        with self.assertRaisesRegex(TypeError, "object has no method classify"):
            require(object(), "classify")


if __name__ == "__main__":
    unittest.main()
