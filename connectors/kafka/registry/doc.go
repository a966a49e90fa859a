// Package registry reads and writes the records of a Confluent-compatible schema registry. A value is a magic byte 0,
// the id of its schema in 4 bytes and, for Protobuf, the index of its message, followed by the payload. A [Decoder] makes
// one JSON object of it, so that Avro, Protobuf and JSON Schema take the road of JSON through winnow; an [Encoder] makes a
// value of the labelled object again, with the record's schema and the results' fields added, which the [Registry] finds
// or registers under the output topic's subject.
//
// How types stand in JSON is told by the packages avro and protobuf below this one, which walk bytes and know no
// registry.
//
// Promises: schemas are fetched once; a record that does not fit its schema is that record's error, whatever its bytes
// are; what decodes encodes to the same value.
//
// It may import pipeline/fault, pipeline/unit and codecs.
package registry
