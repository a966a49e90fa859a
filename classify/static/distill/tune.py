"""Tune the table so that texts lie near their labels on the reference sets, held to the encoder's embeddings of the
other texts. Loss: softmax over the task's labels (for several labels a text, each by itself with a learned offset),
plus 0.3 times softmax over the labels of eight tasks, plus the cosine distance to the encoder on a random batch."""
import random

import numpy as np
import torch
import torch.nn.functional as F

import encoder
import tasks as reference

TASKS_A_STEP, TAU, DROP, GENERAL = 8, 0.06, 0.1, 384


class Tuner:
    def __init__(self, table):
        tk = encoder.tokenizer()
        self.tk, self.lists = tk, {}
        self.skip = {tk.token_to_id(t) for t in ("[UNK]", "[CLS]", "[SEP]")}
        self.table = torch.nn.Parameter(torch.tensor(table))
        self.offset = torch.nn.Parameter(torch.tensor([0.25]))
        self.rng = np.random.RandomState(0)

    def ids(self, text):
        if text not in self.lists:
            self.lists[text] = [i for i in self.tk.encode(text, add_special_tokens=False).ids if i not in self.skip][:256] or [0]
        return self.lists[text]

    def vectors(self, texts, drop=0.0):
        lists = [self.ids(t) for t in texts]
        if drop:
            lists = [[i for i in ids if self.rng.rand() > drop] or ids for ids in lists]
        offsets = np.r_[0, np.cumsum([len(ids) for ids in lists])[:-1]]
        bag = F.embedding_bag(torch.tensor(np.concatenate(lists).astype(np.int64)), self.table, torch.tensor(offsets.astype(np.int64)), mode="sum")
        return F.normalize(bag, dim=1)

    def labels(self, task, training):
        wordings = [reference.wording(label, training) for label in task.labels]
        v = self.vectors([n for n, _ in wordings])
        described = [i for i, (_, d) in enumerate(wordings) if d]
        if described:
            more = self.vectors([wordings[i][1] for i in described])
            v = F.normalize(v + torch.zeros_like(v).index_copy(0, torch.tensor(described), more), dim=1)
        return v

    def loss(self, task):
        scores = self.vectors([t for t, _ in task.texts], DROP) @ self.labels(task, True).T
        if not task.multi:
            return F.cross_entropy(scores / TAU, torch.tensor([gold[0] for _, gold in task.texts]))
        want = torch.zeros_like(scores)
        for i, (_, gold) in enumerate(task.texts):
            want[i, gold] = 1
        each = F.binary_cross_entropy_with_logits((scores - self.offset) / TAU, want)
        share = want / want.sum(1, keepdim=True)
        return 0.7 * each - 0.3 * (share * F.log_softmax(scores / TAU, 1)).sum(1).mean()

    def across(self, batch):
        label_vectors = torch.cat([self.labels(task, True) for task in batch])
        offsets = np.r_[0, np.cumsum([len(task.labels) for task in batch])]
        some = [(t, offsets[k] + random.choice(g)) for k, task in enumerate(batch) for t, g in random.sample(task.texts, min(12, len(task.texts)))]
        scores = self.vectors([t for t, _ in some], DROP) @ label_vectors.T
        return F.cross_entropy(scores / TAU, torch.tensor([g for _, g in some]))

    def accuracy(self, held):
        hits = total = 0
        with torch.no_grad():
            for task in held:
                best = (self.vectors([t for t, _ in task.texts]) @ self.labels(task, False).T).argmax(1)
                hits += sum(int(b) in gold for b, (_, gold) in zip(best, task.texts))
                total += len(task.texts)
        return 100 * hits / max(total, 1)


def run(table, tasks, lines, embeddings, epochs, rate=0.003, keep=1.0):
    held, train = reference.split(tasks, 0.08)
    tuner = Tuner(table)
    # The encoder's embeddings, turned into the table's space by the best rotation on a sample (Procrustes).
    sample = np.sort(tuner.rng.choice(len(lines), min(8000, len(lines)), replace=False))
    with torch.no_grad():
        ours = tuner.vectors([lines[i] for i in sample]).numpy()
    mean = embeddings[:20000].astype(np.float32).mean(0)
    left, _, right = np.linalg.svd((embeddings[sample].astype(np.float32) - mean).T @ ours, full_matrices=False)
    rotation = left @ right
    print(f"tune: accuracy on {len(held)} held-out sets {tuner.accuracy(held):.2f} before", flush=True)
    adam = Adam(tuner)
    steps, step = epochs * ((len(train) + TASKS_A_STEP - 1) // TASKS_A_STEP), 0
    for epoch in range(epochs):
        random.shuffle(train)
        for start in range(0, len(train), TASKS_A_STEP):
            batch = train[start : start + TASKS_A_STEP]
            loss = sum(tuner.loss(task) for task in batch) / len(batch) + 0.3 * tuner.across(batch)
            some = np.sort(tuner.rng.choice(len(lines), min(GENERAL, len(lines)), replace=False))
            want = F.normalize(torch.tensor((embeddings[some].astype(np.float32) - mean) @ rotation), dim=1)
            loss = loss + keep * (1 - (tuner.vectors([lines[i] for i in some]) * want).sum(1).mean())
            tuner.table.grad = tuner.offset.grad = None
            loss.backward()
            step += 1
            adam.step(rate * (1 - step / (steps + 1)))
        print(f"tune: epoch {epoch + 1}, accuracy on held-out sets {tuner.accuracy(held):.2f}", flush=True)
    return tuner.table.detach().numpy()


class Adam:
    """Adam that touches only the rows a step has gradients for."""

    def __init__(self, tuner):
        self.tuner = tuner
        self.m, self.v = torch.zeros_like(tuner.table), torch.zeros_like(tuner.table)
        self.offset = torch.optim.Adam([tuner.offset], betas=(0.9, 0.99))

    @torch.no_grad()
    def step(self, rate):
        table, grad = self.tuner.table, self.tuner.table.grad
        rows = grad.abs().sum(1).nonzero().squeeze(1)
        self.m[rows] = 0.9 * self.m[rows] + 0.1 * grad[rows]
        self.v[rows] = 0.99 * self.v[rows] + 0.01 * grad[rows] ** 2
        table[rows] -= rate * self.m[rows] / (self.v[rows].sqrt() + 1e-8)
        if self.tuner.offset.grad is not None:
            self.offset.param_groups[0]["lr"] = 0.3 * rate
            self.offset.step()
