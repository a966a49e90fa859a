"""Protobuf tickets by Confluent's own serializers: "produce BROKERS REGISTRY TOPIC COUNT TIME" writes them, "consume BROKERS
REGISTRY TOPIC COUNT" prints labelled ones as JSON lines."""
import json
import sys

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


def ticket(labelled):
    """The class of Shop.Ticket, which is not the first message of its file, built without a compiler."""
    f = descriptor_pb2.FileDescriptorProto(name="ticket.proto", package="shop", syntax="proto3")
    f.message_type.add(name="Other").field.add(name="a", number=1, type=9, label=1)
    t = f.message_type.add(name="Shop").nested_type.add(name="Ticket")

    def add(name, number, type, label=1, optional=False):
        field = t.field.add(name=name, number=number, type=type, label=label, json_name=name)
        if optional:
            field.proto3_optional, field.oneof_index = True, len(t.oneof_decl)
            t.oneof_decl.add(name="_" + name)

    add("id", 1, 3), add("text", 2, 9), add("tags", 3, 9, 3), add("stars", 4, 5, optional=True), add("raw", 5, 12)
    if labelled:
        add("label", 6, 9, optional=True), add("confidence", 7, 2, optional=True), add("tokens", 8, 5), add("classifier", 9, 9)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(f)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Shop.Ticket"))


def produce(brokers, registry, topic, count, time):
    client = SchemaRegistryClient({"url": registry})
    kind = ticket(False)
    serialize = ProtobufSerializer(kind, client, {"use.deprecated.format": False})
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
    for i in range(int(count)):
        value = kind(id=2**53 + i, text="my card was charged twice" if i != 3 else "", tags=["a", str(i)], raw=b"\x00\xff")
        if i % 2 == 0:
            value.stars = 0  # a zero that is there
        value = serialize(value, SerializationContext(topic, MessageField.VALUE))
        value = {5: None, 7: value[:-3]}.get(i, value)
        producer.produce(topic, value, f"key {i}", partition=i % 8, timestamp=int(time) + 1000 * i, headers=[("trace", b"abc")])
    if producer.flush(60) > 0:
        sys.exit("not all was sent")


def consume(brokers, registry, topic, count):
    client = SchemaRegistryClient({"url": registry})
    deserialize = ProtobufDeserializer(ticket(True), {"use.deprecated.format": False}, client)
    consumer = Consumer({
        "bootstrap.servers": brokers, "group.id": "python", "auto.offset.reset": "earliest", "isolation.level": "read_committed",
    })
    consumer.subscribe([topic])
    for left in range(int(count), 0, -1):
        message = consumer.poll(60)
        if message is None:
            sys.exit(f"{left} records are missing")
        if message.error():
            sys.exit(str(message.error()))
        value = deserialize(message.value(), SerializationContext(topic, MessageField.VALUE))
        print(json.dumps({
            "key": message.key().decode(), "partition": message.partition(), "time": message.timestamp()[1],
            "headers": {k: v.decode() for k, v in message.headers() or []},
            "value": value and json_format.MessageToDict(value, preserving_proto_field_name=True),
        }))
    consumer.close()


{"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:])
