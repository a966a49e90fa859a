"""Texts a second of CPU time that ONNX Runtime encodes on one thread, with the texts of BenchmarkEncode.

usage: speed.py FOLDER    (config.json, model_fp16.safetensors, model_int8.onnx, tokenizer.json)

The float32 graph is built here of the same weights, of the operators that ONNX Runtime fuses into its own attention, GELU
and layer normalization. Needs numpy, onnx, onnxruntime, tokenizers."""

import json
import os
import sys
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

folder = sys.argv[1]
config = json.load(open(os.path.join(folder, "config.json")))
hidden, heads = config["hidden_size"], config["num_attention_heads"]
WORDS = ["card", "money", "transfer", "late", "why", "bank"]
BATCH = 32


def text(n, seed):
    return " ".join(WORDS[(i * i + i // 3 + seed) % len(WORDS)] for i in range(n))


def weights(path):
    raw = open(path, "rb").read()
    n = int.from_bytes(raw[:8], "little")
    out = {}
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__" and t["dtype"] == "F16":
            start, end = t["data_offsets"]
            a = np.frombuffer(raw[8 + n + start : 8 + n + end], np.float16).reshape(t["shape"])
            out[name.removeprefix("bert.")] = a.astype(np.float32)
    return out


def graph(w):
    """The encoder as an ONNX graph: input_ids, attention_mask and token_type_ids to last_hidden_state."""
    nodes, constants = [], {}

    def const(name, a):
        if name not in constants:
            constants[name] = numpy_helper.from_array(np.ascontiguousarray(a), name)
        return name

    def op(kind, *inputs, **attributes):
        out = f"n{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def linear(x, p):
        return op("Add", op("MatMul", x, const(p + ".w", w[p + ".weight"].T)), const(p + ".b", w[p + ".bias"]))

    def norm(x, p):
        gain, bias = const(p + ".g", w[p + ".weight"]), const(p + ".b", w[p + ".bias"])
        return op("LayerNormalization", x, gain, bias, epsilon=config["layer_norm_eps"])

    def split(x):
        return op("Transpose", op("Reshape", x, const("split", np.array([0, 0, heads, hidden // heads]))), perm=[0, 2, 1, 3])

    f = lambda v: np.array(v, np.float32)
    e = "embeddings."
    places = op("Slice", const("places", w[e + "position_embeddings.weight"]), const("0", np.array([0])),
                op("Shape", "input_ids", start=1, end=2))
    x = op("Add", op("Gather", const("words", w[e + "word_embeddings.weight"]), "input_ids"), places)
    x = op("Add", x, op("Gather", const("types", w[e + "token_type_embeddings.weight"]), "token_type_ids"))
    x = norm(x, e + "LayerNorm")
    mask = op("Cast", op("Unsqueeze", "attention_mask", const("axes", np.array([1, 2]))), to=TensorProto.FLOAT)
    mask = op("Mul", op("Sub", const("1", f(1)), mask), const("-1e4", f(-1e4)))
    for i in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{i}."
        q, k, v = (split(linear(x, p + "attention.self." + n)) for n in ("query", "key", "value"))
        s = op("Div", op("MatMul", q, op("Transpose", k, perm=[0, 1, 3, 2])), const("root", f(np.sqrt(hidden // heads))))
        a = op("MatMul", op("Softmax", op("Add", s, mask), axis=-1), v)
        a = op("Reshape", op("Transpose", a, perm=[0, 2, 1, 3]), const("join", np.array([0, 0, hidden])))
        x = norm(op("Add", linear(a, p + "attention.output.dense"), x), p + "attention.output.LayerNorm")
        h = linear(x, p + "intermediate.dense")
        g = op("Add", op("Erf", op("Div", h, const("r2", f(np.sqrt(2))))), const("1", f(1)))
        h = op("Mul", op("Mul", h, g), const("half", f(0.5)))
        x = norm(op("Add", linear(h, p + "output.dense"), x), p + "output.LayerNorm")
    nodes[-1].output[0] = "last_hidden_state"
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "s"])
              for n in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["b", "s", hidden])
    g = helper.make_graph(nodes, "bert", inputs, [output], list(constants.values()))
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def speed(session, ids, batch):
    """Texts a second of CPU time, the best of three rounds."""
    parts = [np.array(ids[i : i + batch]) for i in range(0, len(ids), batch)]
    best = 0
    for _ in range(3):
        before = time.process_time()
        for part in parts:
            ones, zeros = np.ones_like(part), np.zeros_like(part)
            states = session.run(None, {"input_ids": part, "attention_mask": ones, "token_type_ids": zeros})[0]
            mean = states.mean(1)
            mean /= np.linalg.norm(mean, axis=1, keepdims=True)
        best = max(best, len(ids) / (time.process_time() - before))
    return best


tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
w = weights(os.path.join(folder, "model_fp16.safetensors"))
for name, model in (("int8", os.path.join(folder, "model_int8.onnx")), ("float32", graph(w))):
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    for tokens, texts in ((16, 128), (64, 32)):
        ids = [e.ids for e in tokenizer.encode_batch([text(tokens - 2, i) for i in range(texts)])]
        for batch in (1, BATCH):
            print(f"onnxruntime {onnxruntime.__version__} {name} {tokens} tokens, batches of {batch}: "
                  f"{speed(session, ids, batch):.0f} texts/cpu-s", flush=True)
