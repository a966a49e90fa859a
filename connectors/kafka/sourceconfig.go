package kafka

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/connectors/kafka/registry"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SourceConfig is a Kafka source: a member of a consumer group.
type SourceConfig struct {
	cluster.Connection `yaml:",inline"`
	// The topics to read. They must exist.
	Topics []string `yaml:"topics"`
	// A regular expression (RE2) for topics to read, in place of topics. New ones that match are picked up.
	TopicsRegex string `yaml:"topics_regex"`
	// The consumer group. Processes of one group share the partitions; its committed offsets are where they go on.
	Group string `yaml:"group" jsonschema:"required"`
	// A name for this process among the group's members (static membership): a restart within session_timeout gets its
	// partitions back without a rebalance. Each process needs its own.
	InstanceID string `yaml:"instance_id"`
	// How the group spreads its partitions: cooperative (cooperative-sticky, every broker since 2.4) or broker
	// (KIP-848, Kafka 4.0 and later: the broker assigns). All members need the same.
	Rebalance string `yaml:"rebalance" jsonschema:"enum=cooperative,enum=broker"`
	// Where a partition is begun that the group has no offset for: earliest, latest, or a time such as
	// 2026-11-01T00:00:00Z. Offsets of single partitions: start_offsets.
	Start string `yaml:"start"`
	// Where single partitions are begun that the group has no offset for: {topic/partition: offset}.
	StartOffsets map[string]int64 `yaml:"start_offsets"`
	// Ends the run: latest reads to where the partitions end when it begins, a time to the first record of that time or
	// later. Empty: never.
	Until string `yaml:"until"`
	// Ends single partitions before these offsets: {topic/partition: offset}. Other partitions are not read.
	UntilOffsets map[string]int64 `yaml:"until_offsets"`
	// Whether records of transactions that may still be aborted are read: read_committed waits for them.
	Isolation string `yaml:"isolation" jsonschema:"enum=read_committed,enum=read_uncommitted"`
	// What the values hold: json (one object), text, or avro, protobuf or json_schema by a schema registry.
	Format string `yaml:"format" jsonschema:"enum=json,enum=text,enum=avro,enum=protobuf,enum=json_schema"`
	// The schema registry of the formats avro, protobuf and json_schema.
	SchemaRegistry *registry.Config `yaml:"schema_registry"`
	// What becomes of messages without a value: pass (on to Kafka sinks as they came, unlabelled; to other sinks
	// nothing), drop, or dead (to the dead letters).
	Tombstones string `yaml:"tombstones" jsonschema:"enum=pass,enum=drop,enum=dead"`
	// What happens when records are gone that the group had still to read: stop with kafka.data_lost, or skip, which
	// warns and goes on with the oldest record that is there.
	OnDataLoss string `yaml:"on_data_loss" jsonschema:"enum=stop,enum=skip"`
	// How long a silent process keeps its partitions. Default 10s.
	SessionTimeout unit.Duration `yaml:"session_timeout"`
	// How long a transaction of a silent process stays open, and holds back those who read committed records behind
	// it. Default 10s. Where it would not outlast the interval of commits (commit.interval) by 5s, it is that and 10s: a
	// broker counts from a transaction's beginning.
	TransactionTimeout unit.Duration `yaml:"transaction_timeout"`
	// How often new partitions, and new topics that match topics_regex, are looked for. Default 30s.
	Refresh unit.Duration `yaml:"refresh"`

	// preview reads without a trace: as a group of its own, whose offsets are not committed.
	preview bool
	// replay reads dead letters; nil: messages.
	replay *replay
}

// Preview is the source for a look at its records: it reads from where partitions are begun to where they end now, and
// leaves the group alone.
func (c *SourceConfig) Preview() *SourceConfig {
	p := *c
	p.preview = true
	p.Group += ".preview-" + randomWord()
	p.InstanceID = ""
	if p.Until == "" && len(p.UntilOffsets) == 0 {
		p.Until = latest
	}
	return &p
}

const (
	earliest = "earliest"
	latest   = "latest"

	rebalanceCooperative = "cooperative"
	rebalanceBroker      = "broker"

	readCommitted   = "read_committed"
	readUncommitted = "read_uncommitted"

	formatJSON = "json"
	formatText = "text"

	tombstonesPass = "pass"
	tombstonesDrop = "drop"
	tombstonesDead = "dead"

	lossStop = "stop"
	lossSkip = "skip"
)

var _ pipeline.SourceConfig = (*SourceConfig)(nil)

// over returns the config with its defaults.
func (c SourceConfig) over() SourceConfig {
	defaultTo(&c.Rebalance, rebalanceCooperative)
	defaultTo(&c.Start, earliest)
	defaultTo(&c.Isolation, readCommitted)
	defaultTo(&c.Format, formatJSON)
	defaultTo(&c.Tombstones, tombstonesPass)
	defaultTo(&c.OnDataLoss, lossStop)
	if c.SessionTimeout == 0 {
		c.SessionTimeout = unit.Duration(defaultSession)
	}
	if c.Refresh == 0 {
		c.Refresh = unit.Duration(defaultRefresh)
	}
	if c.TransactionTimeout == 0 {
		c.TransactionTimeout = unit.Duration(defaultTransaction)
	}
	return c
}

func defaultTo(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// Check returns every bad field.
func (c *SourceConfig) Check() error {
	var p problems
	p.add(c.Connection.Check())
	if len(c.Brokers) == 0 {
		p.missing("brokers", "name at least one broker, such as localhost:9092", "a Kafka source needs brokers")
	}
	switch {
	case len(c.Topics) == 0 && c.TopicsRegex == "":
		p.missing("topics", "name the topics to read, or a topics_regex", "a Kafka source needs topics")
	case len(c.Topics) > 0 && c.TopicsRegex != "":
		p.bad("topics_regex", "remove one of them", "topics and topics_regex exclude each other")
	}
	if _, err := regexp.Compile(c.TopicsRegex); err != nil {
		p.bad("topics_regex", "see the syntax of RE2", "%v", err)
	}
	for i, t := range c.Topics {
		checkTopic(&p, "topics["+strconv.Itoa(i)+"]", t)
	}
	if strings.TrimSpace(c.Group) == "" {
		p.missing("group", "name the group that keeps this pipeline's offsets", "a Kafka source needs a group")
	}
	p.oneOf("rebalance", c.Rebalance, rebalanceCooperative, rebalanceBroker)
	p.oneOf("isolation", c.Isolation, readCommitted, readUncommitted)
	p.oneOf("format", c.Format, formatJSON, formatText, "avro", "protobuf", "json_schema")
	checkRegistry(&p, c.Format, c.SchemaRegistry)
	p.oneOf("tombstones", c.Tombstones, tombstonesPass, tombstonesDrop, tombstonesDead)
	p.oneOf("on_data_loss", c.OnDataLoss, lossStop, lossSkip)
	if _, _, err := place(c.Start); err != nil {
		p.bad("start", "write earliest, latest, or a time such as 2026-11-01T00:00:00Z", "%q is no place to start", c.Start)
	}
	if _, _, err := place(c.Until); err != nil || c.Until == earliest {
		p.bad("until", "write latest, or a time such as 2026-11-01T00:00:00Z", "%q is no place to end", c.Until)
	}
	for path, offsets := range map[string]map[string]int64{"start_offsets": c.StartOffsets, "until_offsets": c.UntilOffsets} {
		for key, offset := range offsets {
			if _, _, ok := splitID(key); !ok || offset < 0 {
				p.bad(path, "write {topic/partition: offset}", "%q: %d is no place in a partition", key, offset)
			}
		}
	}
	for path, d := range map[string]unit.Duration{"session_timeout": c.SessionTimeout, "transaction_timeout": c.TransactionTimeout, "refresh": c.Refresh} {
		if d < 0 {
			p.bad(path, "give a time such as 10s", "the time is negative")
		}
	}
	return errors.Join(p...)
}

// checkRegistry holds a format and its registry together.
func checkRegistry(p *problems, format string, c *registry.Config) {
	_, needed := registryFormats[format]
	switch {
	case needed && c == nil:
		p.missing("schema_registry", "write schema_registry: {url: http://localhost:8081}", "the format %s needs a schema registry", format)
	case c != nil:
		p.add(c.Check())
	}
}

// place reads a start or an end: a name, or a time in milliseconds since 1970.
func place(s string) (name string, millis int64, err error) {
	if s == "" || s == earliest || s == latest {
		return s, 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", 0, err
	}
	return "", t.UnixMilli(), nil
}

// splitID takes "topic/partition" apart.
func splitID(id string) (topic string, partition int32, ok bool) {
	topic, number, found := strings.Cut(id, "/")
	n, err := strconv.ParseInt(number, 10, 32)
	return topic, int32(n), found && err == nil && n >= 0 && topic != ""
}

func makeSplitID(topic string, partition int32) string {
	return topic + "/" + strconv.FormatInt(int64(partition), 10)
}

// topicName is what a broker takes for the name of a topic (org.apache.kafka.common.internals.Topic).
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func checkTopic(p *problems, path, topic string) {
	if !topicName.MatchString(topic) || topic == "." || topic == ".." {
		p.bad(path, "use letters, digits, dots, underscores and hyphens, at most 249 of them", "%q can't be a topic", topic)
	}
}

// problems gathers the bad fields of a configuration.
type problems []error

func (p *problems) add(err error) {
	if err != nil {
		*p = append(*p, err)
	}
}

func (p *problems) bad(path, fix, format string, args ...any) {
	*p = append(*p, fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix))
}

func (p *problems) missing(path, fix, format string, args ...any) {
	*p = append(*p, fault.New(fault.ConfigMissing, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix))
}

func (p *problems) oneOf(path, value string, allowed ...string) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	fix := "use one of " + strings.Join(allowed, ", ")
	if near := fault.Nearest(value, allowed); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	p.bad(path, fix, "%q is not a value of %s", value, path)
}
