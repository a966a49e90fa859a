"""Confluent's own serializers for Python as the other side: "write URL" registers schemas and prints values, "read URL"
decodes values. Lines are JSON objects; values are in base64."""
import base64
import datetime
import decimal
import json
import struct
import sys
import uuid

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

AVRO = json.dumps({"type": "record", "name": "Ticket", "namespace": "shop", "fields": [
    {"name": "text", "type": "string"}, {"name": "stars", "type": ["null", "int"], "default": None},
    {"name": "big", "type": "long"}, {"name": "score", "type": "double"}, {"name": "raw", "type": "bytes"},
    {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "BLUE"]}},
    {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "counts", "type": {"type": "map", "values": "int"}},
    {"name": "when", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
    {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "who", "type": ["null", {"type": "record", "name": "Who", "fields": [{"name": "age", "type": "int"}]}]}]})
ID = "0b2c2a34-6f5b-4c5e-9a8e-0123456789ab"
AVRO_VALUE = {
    "text": "late \u2014 \"again\"", "stars": 3, "big": 2**63 - 1, "score": 0.1, "raw": b"\x00\xff", "color": "BLUE", "tags": ["a", "b"],
    "counts": {"x": 1}, "when": datetime.datetime(2024, 1, 31, 12, 0, 0, 123000, datetime.timezone.utc),
    "day": datetime.date(2024, 1, 31), "price": decimal.Decimal("-12.30"), "id": uuid.UUID(ID), "who": {"age": 5}}
AVRO_JSON = {
    "text": "late \u2014 \"again\"", "stars": 3, "big": 2**63 - 1, "score": 0.1, "raw": "AP8=", "color": "BLUE", "tags": ["a", "b"],
    "counts": {"x": 1}, "when": "2024-01-31T12:00:00.123Z", "day": "2024-01-31", "price": -12.3, "id": ID, "who": {"age": 5}}

PROTO = """syntax = "proto3"; package shop;
message Other { string a = 1; message Ticket { string text = 1; int64 big = 2; repeated string tags = 3; optional int32 stars = 4; } }"""
PROTO_JSON = {"text": "late", "big": "9223372036854775807", "tags": ["a", "b"], "stars": 0}

JSON = json.dumps({"type": "object", "title": "Ticket", "properties": {"text": {"type": "string"}}})


def ticket(labelled):
    """The class of Other.Ticket, built without a compiler."""
    f = descriptor_pb2.FileDescriptorProto(name="ticket.proto", package="shop", syntax="proto3")
    other = f.message_type.add(name="Other")
    other.field.add(name="a", number=1, type=9, label=1)
    t = other.nested_type.add(name="Ticket")

    def add(name, number, type, label=1, optional=False, **more):
        field = t.field.add(name=name, number=number, type=type, label=label, json_name=name, **more)
        if optional:
            field.proto3_optional, field.oneof_index = True, len(t.oneof_decl)
            t.oneof_decl.add(name="_" + name)

    add("text", 1, 9), add("big", 2, 3), add("tags", 3, 9, 3), add("stars", 4, 5, optional=True)
    if labelled:
        item = t.nested_type.add(name="LabelsItem")
        item.field.add(name="label", number=1, type=9, label=1), item.field.add(name="confidence", number=2, type=2, label=1)
        add("label", 5, 9, optional=True), add("confidence", 6, 2, optional=True)
        add("labels", 7, 11, 3, type_name=".shop.Other.Ticket.LabelsItem"), add("tokens", 8, 5), add("classifier", 9, 9)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(f)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Other.Ticket"))


def context(topic):
    return SerializationContext(topic, MessageField.VALUE)


def write(client):
    def out(topic, format, value, want):
        value = base64.b64encode(value).decode()
        print(json.dumps({"topic": topic, "format": format, "value": value, "json": json.dumps(want)}))

    out("avro", "avro", AvroSerializer(client, AVRO)(AVRO_VALUE, context("avro")), AVRO_JSON)
    out("json", "json_schema", JSONSerializer(JSON, client)({"text": "late"}, context("json")), {"text": "late"})
    # The serializer registers a descriptor in base64; others register the text.
    message = json_format.ParseDict(PROTO_JSON, ticket(False)())
    conf = {"use.deprecated.format": False}
    value = ProtobufSerializer(type(message), client, conf)(message, context("descriptor"))
    out("descriptor", "protobuf", value, PROTO_JSON)
    id = client.register_schema("text-value", Schema(PROTO, "PROTOBUF"))
    out("text", "protobuf", struct.pack(">bI", 0, id) + value[5:], PROTO_JSON)


def plain(v):
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (v.microsecond // 1000)
    if isinstance(v, datetime.date) or isinstance(v, uuid.UUID):
        return str(v)
    if isinstance(v, decimal.Decimal):
        return float(v)
    return base64.b64encode(v).decode()


def read(client):
    decoders = {
        "avro": AvroDeserializer(client),
        "json": JSONDeserializer(None, schema_registry_client=client),
        "descriptor": ProtobufDeserializer(ticket(True), {"use.deprecated.format": False}, client),
        "text": ProtobufDeserializer(ticket(True), {"use.deprecated.format": False}),
    }
    for line in sys.stdin:
        line = json.loads(line)
        value = decoders[line["topic"]](base64.b64decode(line["value"]), context(line["topic"] + "-labelled"))
        if line["format"] == "protobuf":
            value = json_format.MessageToDict(value, preserving_proto_field_name=True)
        print(json.dumps({"topic": line["topic"], "json": json.dumps(value, default=plain)}))


{"write": write, "read": read}[sys.argv[1]](SchemaRegistryClient({"url": sys.argv[2]}))
