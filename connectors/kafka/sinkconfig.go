package kafka

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
)

// SinkConfig is a Kafka sink. Without brokers it writes to the source's cluster, in the source's transactions.
type SinkConfig struct {
	cluster.Connection `yaml:",inline"`
	// The topic to write. {{label}} stands for the record's label and {{topic}} for the topic that it came from.
	Topic string `yaml:"topic" jsonschema:"required"`
	// Where results go: fields (of the JSON object, whose bytes otherwise stay as they are), headers (winnow-label,
	// winnow-confidence and so on, with the value untouched), or record (the value is an object of the results alone).
	Results string `yaml:"results" jsonschema:"enum=fields,enum=headers,enum=record"`
	// What values are written as: json, or avro, protobuf or json_schema by a schema registry, whose schema is the record's
	// own with the results' fields. Default: what the source reads.
	Format string `yaml:"format" jsonschema:"enum=json,enum=avro,enum=protobuf,enum=json_schema"`
	// The schema registry of such formats. Default: the source's.
	SchemaRegistry *registry.Config `yaml:"schema_registry"`
	// How batches are compressed: none, lz4, snappy, zstd or gzip.
	Compression string `yaml:"compression" jsonschema:"enum=none,enum=lz4,enum=snappy,enum=zstd,enum=gzip"`
	// Which partition a record goes to: key (as the Java client does it; without a key that of the source's partition,
	// modulo the topic's), or same (the source's partition, modulo the topic's).
	Partition string `yaml:"partition" jsonschema:"enum=key,enum=same"`
	// Makes the topic if it is missing. Without it a missing topic is an error.
	Create *CreateTopic `yaml:"create"`
}

// CreateTopic is what a topic is made with.
type CreateTopic struct {
	// 0: the broker's default.
	Partitions int `yaml:"partitions" jsonschema:"minimum=0"`
	// 0: the broker's default.
	Replication int `yaml:"replication" jsonschema:"minimum=0"`
}

const (
	resultsFields  = "fields"
	resultsHeaders = "headers"
	resultsRecord  = "record"

	partitionKey  = "key"
	partitionSame = "same"
)

var _ pipeline.SinkConfig = (*SinkConfig)(nil)

func (c SinkConfig) over() SinkConfig {
	defaultTo(&c.Results, resultsFields)
	defaultTo(&c.Compression, "none")
	defaultTo(&c.Partition, partitionKey)
	return c
}

// Check returns every bad field.
func (c *SinkConfig) Check() error {
	var p problems
	if !c.IsZero() {
		p.add(c.Connection.Check())
	}
	if c.Topic == "" {
		p.missing("topic", "name the topic to write", "a Kafka sink needs a topic")
	} else {
		plain := strings.NewReplacer(placeLabel, "x", placeTopic, "x").Replace(c.Topic)
		if strings.Contains(plain, "{{") {
			p.bad("topic", "use {{label}} and {{topic}}", "%q has a placeholder that is not known", c.Topic)
		} else {
			checkTopic(&p, "topic", plain)
		}
	}
	p.oneOf("results", c.Results, resultsFields, resultsHeaders, resultsRecord)
	p.oneOf("format", c.Format, formatJSON, "avro", "protobuf", "json_schema")
	if c.SchemaRegistry != nil {
		p.add(c.SchemaRegistry.Check())
	}
	p.oneOf("partition", c.Partition, partitionKey, partitionSame)
	if _, ok := codecs[c.Compression]; c.Compression != "" && !ok {
		p.oneOf("compression", c.Compression, compressions...)
	}
	if c.Create != nil && (c.Create.Partitions < 0 || c.Create.Replication < 0) {
		p.bad("create", "give a number from 1, or 0 for the broker's default", "a topic's number is negative")
	}
	return errors.Join(p...)
}

var (
	compressions = []string{"none", "lz4", "snappy", "zstd", "gzip"}
	codecs       = map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "snappy": kgo.SnappyCompression(),
		"zstd": kgo.ZstdCompression(), "gzip": kgo.GzipCompression(),
	}
)

// NewSink returns the sink. It connects in Open first.
func (c *SinkConfig) NewSink(env pipeline.Env) (pipeline.Sink, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return newSink(c.over(), env), nil
}

// producing are the options of a client that the sinks write through: those of the first where they can't differ.
func producing(sinks []*Sink) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.MaxBufferedRecords(bufferedRecords), kgo.MaxBufferedBytes(bufferedBytes),
		kgo.RecordPartitioner(partitioner{}), kgo.ProducerBatchCompression(codecs[sinks[0].cfg.Compression]),
	}
	return append(opts, kgo.ProducerBatchMaxBytesFn(func(topic string) int32 {
		for _, s := range sinks {
			if n, ok := s.maxMessage(topic); ok {
				return n
			}
		}
		return defaultMaxMessage
	}))
}

func (c *SinkConfig) describe() string {
	s := "kafka topic " + c.Topic
	if !c.IsZero() {
		s += fmt.Sprintf(" at %s", strings.Join(slices.Clone(c.Brokers), ","))
	}
	return s
}
