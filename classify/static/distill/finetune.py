"""Tune the encoder so that a text lies near the name and description of its label. Loss: softmax over the task's own
labels, plus 0.3 times softmax over the labels of all six tasks of a step."""
import random

import torch
import torch.nn.functional as F

import encoder
import tasks as reference

TASKS_A_STEP, TEXTS_A_TASK, TAU, RATE = 6, 20, 0.05, 4e-5


def run(tasks, epochs):
    held, train = reference.split(tasks, 1 / 12)
    model, tk, ids = encoder.load(), encoder.tokenizer(96), {}

    def vectors(texts):
        for t in texts:
            if t not in ids:
                ids[t] = tk.encode(t).ids
        return model.embed([ids[t] for t in texts])

    def labels(task, training):
        wordings = [reference.wording(label, training) for label in task.labels]
        described = [i for i, (_, d) in enumerate(wordings) if d]
        v = vectors([n for n, _ in wordings] + [wordings[i][1] for i in described])
        names, more = v[: len(wordings)], v[len(wordings) :]
        if described:
            names = names + torch.zeros_like(names).index_copy(0, torch.tensor(described), more)
        return F.normalize(names, dim=1)

    def accuracy():
        model.eval()
        hits = total = 0
        with torch.no_grad():
            for task in held:
                best = (vectors([t for t, _ in task.texts]) @ labels(task, False).T).argmax(1)
                hits += sum(int(b) in gold for b, (_, gold) in zip(best, task.texts))
                total += len(task.texts)
        model.train()
        return 100 * hits / max(total, 1)

    print(f"finetune: {len(train)} sets, {len(held)} held out, accuracy there {accuracy():.2f} before", flush=True)
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0)
    steps, step = int(epochs * ((len(train) + TASKS_A_STEP - 1) // TASKS_A_STEP)), 0
    while step < steps:
        random.shuffle(train)
        for start in range(0, len(train), TASKS_A_STEP):
            loss, label_vectors, text_vectors, golds, offset = 0, [], [], [], 0
            batch = train[start : start + TASKS_A_STEP]
            for task in batch:
                some = random.sample(task.texts, min(TEXTS_A_TASK, len(task.texts)))
                lv, tv = labels(task, True), vectors([t for t, _ in some])
                gold = torch.tensor([random.choice(g) for _, g in some])
                loss = loss + F.cross_entropy(tv @ lv.T / TAU, gold) / len(batch)
                label_vectors.append(lv), text_vectors.append(tv), golds.append(gold + offset)
                offset += len(task.labels)
            loss = loss + 0.3 * F.cross_entropy(torch.cat(text_vectors) @ torch.cat(label_vectors).T / TAU, torch.cat(golds))
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / 20) * (1 - step / (steps + 1))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            step += 1
            if step % 25 == 0:
                print(f"finetune: step {step} of {steps}, loss {float(loss):.3f}", flush=True)
            if step >= steps:
                break
    print(f"finetune: accuracy on held-out sets {accuracy():.2f} after", flush=True)
    return model.eval()
