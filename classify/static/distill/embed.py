"""The encoder's embedding of each text, float16 [texts, 384], and of each token of the vocabulary by itself."""
import numpy as np
import torch

import encoder


def texts(model, lines, max_tokens=64):
    tk = encoder.tokenizer(max_tokens)
    out = np.zeros((len(lines), encoder.HIDDEN), np.float16)
    with torch.no_grad():
        for start in range(0, len(lines), 4096):
            part = [e.ids for e in tk.encode_batch(lines[start : start + 4096])]
            out[start : start + len(part)] = model.embed(part).numpy()
            print(f"embed: {start + len(part)} of {len(lines)} texts", flush=True)
    return out


def vocabulary(model):
    """Hidden state of each token between [CLS] and [SEP]."""
    tk = encoder.tokenizer()
    first, last = tk.token_to_id("[CLS]"), tk.token_to_id("[SEP]")
    size = tk.get_vocab_size()
    out = np.zeros((size, encoder.HIDDEN), np.float32)
    with torch.no_grad():
        for start in range(0, size, 512):
            some = torch.arange(start, min(start + 512, size))
            ids = torch.full((len(some), 3), first)
            ids[:, 1], ids[:, 2] = some, last
            out[start : start + len(some)] = model(ids, torch.ones(ids.shape))[:, 1].numpy()
    return out
