"""Prints the committed records of a topic as JSON lines, as any Python program would read them."""
import json
import sys

from confluent_kafka import Consumer

consumer = Consumer({
    "bootstrap.servers": sys.argv[1], "group.id": "python", "auto.offset.reset": "earliest",
    "isolation.level": "read_committed", "enable.partition.eof": False,
})
consumer.subscribe([sys.argv[2]])
left = int(sys.argv[3])
while left > 0:
    message = consumer.poll(90)  # a broker that is busy takes its time to make a group
    if message is None:
        sys.exit(f"{left} records are missing")
    if message.error():
        sys.exit(str(message.error()))
    left -= 1
    print(json.dumps({
        "partition": message.partition(), "key": message.key().decode() if message.key() is not None else None,
        "value": message.value().decode(), "time": message.timestamp()[1],
        "headers": {k: v.decode() for k, v in message.headers() or []},
    }))
consumer.close()
