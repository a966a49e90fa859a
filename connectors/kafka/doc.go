// Package kafka reads topics as a member of a consumer group, and writes topics, exactly once where both are in one
// cluster: output, dead letters and the group's offsets commit in one transaction (KIP-98, KIP-447).
//
// Source is a pipeline.Streamer. Join makes a member, which owns a client of its own: a member that fails is thrown away
// and another one joins. Sink writes through a client of its own (at least once), or, once it is enlisted with a source
// (Enlist), through the source's member, inside its transaction.
//
// A split is a partition, its ID "topic/partition"; offsets are the broker's. The package imports pipeline, the codecs
// and franz-go.
package kafka
