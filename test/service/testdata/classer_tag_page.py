# The examples of Classer's page about tags, as they stand there.
import classer

result = classer.tag(
    text="Breaking: Tech stocks surge amid AI boom",
    labels=["politics", "technology", "finance", "sports"],
    threshold=0.5
)

for t in result.labels:
    print(f"{t.label}: {t.confidence}")

result = classer.tag(
    text="New iPhone announced with AI features and lower price",
    labels=["technology", "business", "consumer", "ai"],
    descriptions={
        "technology": "Hardware, software, gadgets",
        "business": "Corporate news, earnings, strategy",
        "consumer": "Product launches, pricing, reviews",
        "ai": "Artificial intelligence, machine learning"
    },
    threshold=0.4
)

for t in result.labels:
    print(f"{t.label}: {t.confidence}")
