// Asks a server by Classer's own client. Every assertion is about what the client made of an answer.
const assert = require("node:assert/strict");
const { ClasserClient, ClasserError } = require("classer-ai");

ClasserClient.BASE_URL = process.argv[2];

async function main() {
  const client = new ClasserClient();
  const question = { text: "I can't log in", labels: ["billing", "technical_support", "sales"] };
  const first = await client.classify(question);
  assert.equal(first.label, "technical_support");
  assert.ok(first.confidence > 0 && first.confidence <= 1 && first.tokens > 0 && first.latency_ms > 0 && first.cached === false);
  const again = await client.classify(question);
  assert.ok(again.cached === true && again.confidence === first.confidence);

  // The client passes on what it does not know.
  const shown = await client.classify({
    text: "my invoice is wrong", labels: ["a1", "b2"], examples: { b2: ["the bill is wrong"] }, source_type: "support ticket",
  });
  assert.equal(shown.label, "b2");

  const tags = await client.tag({
    text: "Breaking: Tech stocks surge amid AI boom", labels: ["politics", "technology", "finance", "sports"], threshold: 0.3,
  });
  assert.ok(tags.labels.length > 0 && tags.labels.every((t) => t.confidence > 0.3 && t.label !== "sports"));

  const texts = ["the app crashes", " ", "refund me please"];
  const batch = await client.classifyBatch({ texts, labels: ["billing", "bug"] });
  assert.deepEqual(batch.results.map((r) => r.label), ["bug", null, "billing"]);
  assert.ok(batch.results[1].error && batch.results[0].tokens > 0);
  const tagged = await client.tagBatch({ texts, labels: ["billing", "bug"], threshold: 0.4 });
  assert.deepEqual(tagged.results.map((r) => r.labels.length > 0), [true, false, true]);

  // This client sends an empty list, which the server refuses; it reads the detail of the error.
  await assert.rejects(client.classify({ text: "a", labels: [] }), (e) => e instanceof ClasserError && e.status === 400 && e.detail.includes("labels"));
}

main().catch((e) => {
  console.error(e);
  process.exit(1);
});
