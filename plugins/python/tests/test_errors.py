import unittest

from winnow_plugin import FatalError, FencedError, LostError, TransientError
from winnow_plugin import plugin_pb2 as pb
from winnow_plugin._errors import error_of


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


if __name__ == "__main__":
    unittest.main()
