"""A token table whose sums of rows come close to the encoder's embeddings: ridge regression in closed form on the
principal directions, then a few epochs of cosine loss."""
import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F

import encoder

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_TOKENS, RIDGE, ROUNDS, BATCH, RATE = 96, 0.03, 20, 512, 0.02


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def token_lists(lines):
    tk = encoder.tokenizer()
    unknown = tk.token_to_id("[UNK]")
    return [[t for t in e.ids if t != unknown][:MAX_TOKENS] for e in tk.encode_batch(lines, add_special_tokens=False)]


def run(lines, embeddings, vocabulary, dim, epochs):
    """The table, float32 [tokens, dim]."""
    lists = token_lists(lines)
    keep = [i for i, ids in enumerate(lists) if ids]
    lists = [lists[i] for i in keep]
    target = embeddings[keep].astype(np.float32)
    mean = target.mean(0)
    _, directions = np.linalg.eigh((target - mean).T @ (target - mean))
    basis = np.ascontiguousarray(directions[:, ::-1][:, :dim])
    target = (target - mean) @ basis
    # Frequent tokens weigh less (Arora et al., smooth inverse frequency), by Zipf's law over the vocabulary's order.
    p = 1 / np.arange(2, len(vocabulary) + 2)
    p /= p.sum()
    rarity = (1e-4 / (1e-4 + p)).astype(np.float32)[:, None]
    start = ((vocabulary - vocabulary.mean(0)) @ basis) * rarity
    table = ridge(lists, target, start) * rarity
    table /= np.linalg.norm(table, axis=1).mean()
    return polish(table, lists, unit(target).astype(np.float32), epochs)


def ridge(lists, target, start):
    """min |A·E − target|² + RIDGE·|E − start|² by conjugate gradients, where A takes means of rows."""
    lengths = np.array([len(ids) for ids in lists])
    means = sp.csr_matrix(
        (np.repeat(1 / lengths, lengths).astype(np.float32), np.concatenate([np.array(ids) for ids in lists]), np.r_[0, np.cumsum(lengths)]),
        shape=(len(lists), len(start)),
    )
    means.sum_duplicates()
    back = means.T.tocsr()
    z = means[:20000] @ start
    start = (start * ((z * target[:20000]).sum() / (z * z).sum())).astype(np.float32)
    table = start.copy()
    residual = back @ (target - means @ table)
    direction, squares = residual.copy(), (residual * residual).sum(0)
    for _ in range(ROUNDS):
        step = back @ (means @ direction) + RIDGE * direction
        alpha = squares / np.maximum((direction * step).sum(0), 1e-12)
        table += alpha * direction
        residual -= alpha * step
        now = (residual * residual).sum(0)
        direction = residual + (now / np.maximum(squares, 1e-20)) * direction
        squares = now
    cosine = (unit(means[:5000] @ table) * unit(target[:5000])).sum(1).mean()
    print(f"table: ridge regression reaches a mean cosine of {cosine:.4f}", flush=True)
    return table


def polish(table, lists, target, epochs):
    """Cosine loss, by Adam on the rows that a batch has."""
    rng = np.random.RandomState(0)
    weights = torch.tensor(table.astype(np.float32))
    m, v = torch.zeros_like(weights), torch.zeros_like(weights)
    size = min(BATCH, len(lists))
    batches, step = len(lists) // size, 0
    for epoch in range(epochs):
        order, total = rng.permutation(len(lists)), 0.0
        for start in range(0, batches * size, size):
            some = order[start : start + size]
            ids = torch.tensor(np.concatenate([lists[i] for i in some]))
            offsets = torch.tensor(np.r_[0, np.cumsum([len(lists[i]) for i in some])[:-1]])
            used, local = torch.unique(ids, return_inverse=True)
            rows = weights[used].clone().requires_grad_(True)
            sums = F.normalize(F.embedding_bag(local, rows, offsets, mode="sum"), dim=1)
            loss = (1 - (sums * torch.tensor(target[some])).sum(1)).mean()
            loss.backward()
            step += 1
            total += float(loss.detach())
            rate = RATE * (1 - step / (epochs * batches + 1))
            with torch.no_grad():
                m[used] = 0.9 * m[used] + 0.1 * rows.grad
                v[used] = 0.99 * v[used] + 0.01 * rows.grad**2
                weights[used] -= rate * m[used] / (v[used].sqrt() + 1e-6)
        print(f"table: epoch {epoch + 1}, loss {total / batches:.4f}", flush=True)
    return weights.numpy()


def quantize(table):
    """int8 rows and a scale for each; special tokens are zero."""
    tk, table = encoder.tokenizer(), table.copy()
    for token in SPECIAL:
        table[tk.token_to_id(token)] = 0
    scales = np.abs(table).max(1) / 127
    scales[scales == 0] = 1e-8
    return np.clip(np.rint(table / scales[:, None]), -127, 127).astype(np.int8), scales.astype(np.float32)
