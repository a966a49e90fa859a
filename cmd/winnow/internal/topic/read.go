package topic

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// idle is how long Read waits for a record before it takes what is missing for compacted away.
const idle = 5 * time.Second

// Options are how Read reads.
type Options struct {
	Uncommitted bool // also records of transactions that may be aborted
	Log         zerolog.Logger
}

type partition struct {
	topic  string
	number int32
}

// Read calls do with each record of the spans, in the order of its partition, until do fails. A record is valid during
// the call only.
func Read(ctx context.Context, conn *cluster.Connection, spans []Span, o Options, do func(*kgo.Record) error) error {
	open := make(map[partition]Span)
	from := make(map[string]map[int32]kgo.Offset)
	for _, s := range spans {
		if s.To >= 0 && s.From >= s.To {
			continue
		}
		open[partition{s.Topic, s.Partition}] = s
		if from[s.Topic] == nil {
			from[s.Topic] = make(map[int32]kgo.Offset)
		}
		from[s.Topic][s.Partition] = kgo.NewOffset().At(s.From)
	}
	if len(open) == 0 {
		return nil
	}
	// Markers of transactions take offsets too: with them a span that ends with one ends.
	opts := []kgo.Opt{kgo.ConsumePartitions(from), kgo.KeepControlRecords(), kgo.FetchMaxWait(200 * time.Millisecond)}
	if !o.Uncommitted {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	cl, err := Open(ctx, conn, o.Log, opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	for len(open) > 0 {
		err := poll(ctx, cl, conn, open, do)
		switch {
		case errors.Is(err, errIdle):
			if _, err := kadm.NewClient(cl).ListStartOffsets(ctx, topics(from)...); err != nil { // nobody answers
				return cluster.Coded(err, conn)
			}
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

func topics(from map[string]map[int32]kgo.Offset) []string { return slices.Collect(maps.Keys(from)) }

var errIdle = errors.New("nothing came")

// poll hands on what came, and takes spans that are read out of open.
func poll(ctx context.Context, cl *kgo.Client, conn *cluster.Connection, open map[partition]Span, do func(*kgo.Record) error) error {
	waiting, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	fetches := cl.PollFetches(waiting)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, e := range fetches.Errors() {
		if errors.Is(e.Err, context.DeadlineExceeded) {
			if endless(open) {
				return nil
			}
			return errIdle
		}
		if coded := cluster.Coded(e.Err, conn); coded.Code.Fate != fault.Transient || coded.Code == fault.KafkaToken {
			return coded
		}
	}
	for it := fetches.RecordIter(); !it.Done(); {
		r := it.Next()
		p := partition{r.Topic, r.Partition}
		s, ok := open[p]
		if ok && s.To >= 0 && r.Offset >= s.To-1 {
			delete(open, p)
		}
		if !ok || s.To >= 0 && r.Offset >= s.To || r.Attrs.IsControl() {
			continue
		}
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}

func endless(open map[partition]Span) bool {
	for _, s := range open {
		if s.To < 0 {
			return true
		}
	}
	return false
}
