"""The process, as winnow starts it, and what it says to who starts it by hand."""

import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

import grpc

from winnow_plugin import plugin_pb2 as pb

PROGRAM = textwrap.dedent("""
    import winnow_plugin as winnow

    class One:
        labels = ["one"]
        def __init__(self, task):
            if "refuse" in task.config:
                raise ValueError(task.config["refuse"])
        def classify(self, texts):
            print("asked", flush=True)
            return winnow.Answers(label=[0] * len(texts), confidence=[1] * len(texts))

    winnow.serve(name="one", version="1.2.3", classifier=One)
""")


class TestServe(unittest.TestCase):
    def start(self) -> tuple[subprocess.Popen, str]:
        folder = tempfile.TemporaryDirectory(prefix="plugin-dir")
        self.addCleanup(folder.cleanup)
        env = {**os.environ, "WINNOW_PLUGIN": "f3a1c6d8-winnow-plugin", "PLUGIN_UNIX_SOCKET_DIR": folder.name}
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, folder.name

    def dial(self, process: subprocess.Popen) -> grpc.Channel:
        core, protocol, network, path, kind, certificate = process.stdout.readline().rstrip("\n").split("|")
        self.assertEqual((core, protocol, network, kind, certificate), ("1", "1", "unix", "grpc", ""))
        channel = grpc.insecure_channel("unix:" + path)
        self.addCleanup(channel.close)
        return channel

    def test_describes_itself_and_ends_when_asked(self):
        process, folder = self.start()
        channel = self.dial(process)
        describe = channel.unary_unary(
            "/winnow.plugin.v1.Plugin/Describe", pb.DescribeRequest.SerializeToString, pb.DescribeResponse.FromString)
        self.assertEqual(describe(pb.DescribeRequest()), pb.DescribeResponse(name="one", version="1.2.3", kinds=[pb.KIND_CLASSIFIER]))
        channel.unary_unary("/plugin.GRPCController/Shutdown")(b"")
        self.assertEqual(process.wait(10), 0)
        self.assertEqual(process.stdout.read(), "")
        self.assertEqual(os.listdir(folder), [])
        process.stdin.close()

    def test_refuses_a_configuration_with_its_words(self):
        process, _ = self.start()
        open_ = self.dial(process).unary_unary(
            "/winnow.plugin.v1.Classifier/Open", pb.OpenClassifierRequest.SerializeToString, pb.OpenClassifierResponse.FromString)
        with self.assertRaises(grpc.RpcError) as caught:
            open_(pb.OpenClassifierRequest(config=b'{"refuse": "not like this"}'))
        self.assertEqual((caught.exception.code(), caught.exception.details()), (grpc.StatusCode.INVALID_ARGUMENT, "not like this"))
        self.assertEqual(open_(pb.OpenClassifierRequest(config=b"{}")), pb.OpenClassifierResponse(labels=["one"], mode=pb.MODE_SINGLE))
        process.stdin.close()

    def test_ends_when_winnow_is_gone(self):
        process, folder = self.start()
        process.stdout.readline()
        process.stdin.close()
        self.assertEqual(process.wait(5), 0)
        self.assertFalse(os.path.exists(folder))
        os.mkdir(folder)  # for the cleanup

    def test_started_by_hand_says_what_it_is(self):
        env = {k: v for k, v in os.environ.items() if k != "WINNOW_PLUGIN"}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("one is a plugin of winnow", done.stderr)


if __name__ == "__main__":
    unittest.main()
