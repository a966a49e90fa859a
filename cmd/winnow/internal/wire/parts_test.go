package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// partsBed is a cluster in this process with one topic, and a folder for parts.
type partsBed struct {
	t       *testing.T
	cluster *kfake.Cluster
	brokers []string
	cl      *kgo.Client
	dir     string
}

func newPartsBed(t *testing.T, partitions int32) *partsBed {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "in", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b := &partsBed{t: t, cluster: c, brokers: c.ListenAddrs(), dir: t.TempDir()}
	b.cl, err = kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.cl.Close)
	return b
}

// produce sends records with the ids from up to before to, in turn to the partitions. Every tenth has no text.
func (b *partsBed) produce(from, to int, partitions int32) {
	b.t.Helper()
	rng := rand.New(rand.NewPCG(uint64(from), 1))
	words := strings.Fields("the team won its match shares fell at noon a band plays songs my card was charged twice for one order")
	var records []*kgo.Record
	for id := from; id < to; id++ {
		text := make([]string, 25)
		for i := range text {
			text[i] = words[rng.IntN(len(words))]
		}
		field := "text"
		if id%10 == 9 {
			field = "none"
		}
		records = append(records, &kgo.Record{
			Topic: "in", Partition: int32(id) % partitions,
			Value: fmt.Appendf(nil, `{"id":%d,%q:%q,"key":"%x"}`, id, field, strings.Join(text, " "), rng.Uint64()),
		})
	}
	if err := b.cl.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// spec is a pipeline from the topic to a sink. Source are more fields of the source, more are further lines.
func (b *partsBed) spec(sink, more, source string) string {
	return fmt.Sprintf(`name: parts
source: {kafka: {brokers: [%s], topics: [in], group: g%s}}
text: text
classify: {labels: [sport, finance]}
sinks: {default: {%s}}
max_error_rate: 1
%s`, strings.Join(b.brokers, ","), source, fmt.Sprintf(sink, b.dir+"/out/"), more)
}

// run runs it until the topic's end.
func (b *partsBed) run(sink, more string) {
	b.t.Helper()
	s, err := spec.Parse("parts.yaml", []byte(b.spec(sink, more, ", until: latest")), Kinds(), os.LookupEnv)
	if err != nil {
		b.t.Fatal(err)
	}
	p, err := Build(s, Options{Log: zerolog.Nop()})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	if _, err := p.Run(ctx); err != nil {
		b.t.Fatal(err)
	}
}

// writtenPart is a visible part.
type writtenPart struct {
	name string
	size int64
	ids  []int
}

// parts are a folder's, in the order of their names, which is that of their offsets within a partition.
func (b *partsBed) parts(folder string) []writtenPart {
	b.t.Helper()
	entries, err := os.ReadDir(filepath.Join(b.dir, folder))
	if err != nil {
		b.t.Fatal(err)
	}
	var all []writtenPart
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(b.dir, folder, e.Name()))
		if err != nil {
			b.t.Fatal(err)
		}
		ids, err := idsOf(e.Name(), data)
		if err != nil {
			b.t.Fatalf("%s: %v", e.Name(), err)
		}
		all = append(all, writtenPart{e.Name(), int64(len(data)), ids})
	}
	return all
}

// idsOf reads the ids of a part of any kind.
func idsOf(name string, data []byte) (ids []int, err error) {
	var r io.Reader = bytes.NewReader(data)
	switch filepath.Ext(name) {
	case ".gz":
		if r, err = gzip.NewReader(r); err != nil {
			return nil, err
		}
	case ".zst":
		if r, err = zstd.NewReader(r); err != nil {
			return nil, err
		}
	case ".parquet":
		type row struct {
			ID int `parquet:"id"`
		}
		rows, err := parquet.Read[row](bytes.NewReader(data), int64(len(data)))
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		return ids, err
	}
	if strings.Contains(name, ".csv") {
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		column := slices.Index(rows[0], "id")
		for _, row := range rows[1:] {
			id, err := strconv.Atoi(row[column])
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, nil
	}
	for d := json.NewDecoder(r); ; {
		var v struct {
			ID     int
			Record string // of a dead letter
		}
		switch err := d.Decode(&v); {
		case err == io.EOF:
			return ids, nil
		case err != nil:
			return nil, err
		case v.Record != "":
			if err := json.Unmarshal([]byte(v.Record), &v); err != nil {
				return nil, err
			}
		}
		ids = append(ids, v.ID)
	}
}

// judge holds that each of n records is in one part.
func (b *partsBed) judge(n int, parts ...writtenPart) {
	b.t.Helper()
	seen := make([]int, n)
	for _, p := range parts {
		for _, id := range p.ids {
			seen[id]++
		}
	}
	for id, times := range seen {
		if times != 1 {
			b.t.Fatalf("record %d came out %d times", id, times)
		}
	}
}

const (
	asCSV     = "file: {path: %%s, format: csv, compression: %s, columns: {id: int64, text: string, key: string}, part_bytes: %s}"
	asJSONL   = "file: {path: %%s, compression: %s, part_bytes: %s}"
	asParquet = "parquet: {path: %%s, compression: %s, columns: {id: int64, text: string, key: string}, part_size: %s}"
)

// Parts of every kind end at their size: none is larger by more than a batch, and none smaller but for a partition's last.
func TestPartsHaveTheirSize(t *testing.T) {
	const n, limit = 24_000, 200_000
	for _, c := range []struct {
		name, sink, compression string
		rows                    int   // of a batch
		slack                   int64 // bytes: how far an estimate may be off
	}{
		{"jsonl", asJSONL, "none", 500, 0},
		{"jsonl.gz", asJSONL, "gzip", 500, 0},
		{"jsonl.zst", asJSONL, "zstd", 500, 0},
		{"csv", asCSV, "none", 500, 0},
		{"csv.gz", asCSV, "gzip", 500, 0},
		{"csv.zst", asCSV, "zstd", 500, 0},
		{"parquet", asParquet, "zstd", 1500, 0},
		{"parquet plain", asParquet, "none", 1500, 0},
		{"parquet of shared pages", asParquet, "zstd", 500, limit / 4}, // nearly all of a part waits for its page
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newPartsBed(t, 1)
			b.produce(0, n, 1)
			size := strconv.Itoa(limit)
			if c.sink != asParquet {
				size += "B"
			}
			b.run(fmt.Sprintf(c.sink, c.compression, size), fmt.Sprintf("batch: {rows: %d}\ndead_letters: {file: {path: %s/dead/}}\n", c.rows, b.dir))
			out, dead := b.parts("out"), b.parts("dead")
			b.judge(n, append(out, dead...)...)
			var all, rows int64
			for _, p := range out {
				all += p.size
				rows += int64(len(p.ids))
			}
			batch := all * int64(c.rows) / rows * 5 / 4 // about: they are not equally large
			if len(out) < 4 {
				t.Fatalf("%d parts of %d bytes", len(out), all)
			}
			for i, p := range out {
				if p.size > limit+batch+c.slack || p.size < limit-batch-c.slack && i < len(out)-1 {
					t.Errorf("part %d of %d has %d bytes; the limit is %d, and a batch about %d", i+1, len(out), p.size, limit, batch)
				}
			}
		})
	}
}

// However small the limit is, each batch is a part then, in every sink that it has rows for.
func TestPartsOfOneBatch(t *testing.T) {
	for name, sink := range map[string]string{
		"jsonl": fmt.Sprintf(asJSONL, "none", "1B"), "csv": fmt.Sprintf(asCSV, "zstd", "1B"), "parquet": fmt.Sprintf(asParquet, "zstd", "1"),
		"rows": "file: {path: %s, part_rows: 1}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n, rows = 2000, 100
			b := newPartsBed(t, 3)
			b.produce(0, n, 3)
			b.run(sink, fmt.Sprintf("batch: {rows: %d}\ndead_letters: {file: {path: %s/dead/}}\n", rows, b.dir))
			out, dead := b.parts("out"), b.parts("dead")
			b.judge(n, append(out, dead...)...)
			if len(out) < n/rows {
				t.Errorf("%d parts of %d batches", len(out), n/rows)
			}
			for _, p := range out {
				if len(p.ids) > rows {
					t.Errorf("%s has %d rows, and a batch up to %d", p.name, len(p.ids), rows)
				}
			}
		})
	}
}

// The dead letters' parts have their own limit, and end the epoch as the others do.
func TestPartsOfDeadLettersHaveTheirSize(t *testing.T) {
	const n, rows, limit = 4000, 100, 60 // 10 of a batch are dead
	b := newPartsBed(t, 1)
	b.produce(0, n, 1)
	b.run("file: {path: %s}", fmt.Sprintf("batch: {rows: %d}\ndead_letters: {file: {path: %s/dead/, part_rows: %d}}\n", rows, b.dir, limit))
	out, dead := b.parts("out"), b.parts("dead")
	b.judge(n, append(out, dead...)...)
	if len(dead) < 4 || len(out) != len(dead) {
		t.Errorf("%d parts, and %d of dead letters", len(out), len(dead))
	}
	for i, p := range dead {
		if len(p.ids) >= limit+rows || len(p.ids) < limit && i < len(dead)-1 {
			t.Errorf("part %d of %d has %d dead letters; the limit is %d", i+1, len(dead), len(p.ids), limit)
		}
	}
}

// A part that does not fill up ends with the interval. One that waits keeps no other from that.
func TestPartsThatDontFillUp(t *testing.T) {
	b := newPartsBed(t, 1)
	b.produce(0, 10, 1)
	more := fmt.Sprintf("dead_letters: {file: {path: %s/dead/}}\ncommit: {interval: 300ms}\n", b.dir)
	s, err := spec.Parse("parts.yaml", []byte(b.spec("file: {path: %s}", more, "")), Kinds(), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Build(s, Options{Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(t.Context())
		ended <- err
	}()
	for i, want := range []int{9, 18} { // and 1 and 2 dead letters
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			rows := 0
			if _, err := os.Stat(b.dir + "/out"); err == nil {
				for _, p := range b.parts("out") {
					rows += len(p.ids)
				}
			}
			if rows == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d records are in parts, want %d", rows, want)
			}
		}
		if i == 0 {
			b.produce(10, 20, 1)
		}
	}
	p.Drain()
	if err := <-ended; !fault.Is(err, fault.RunInterrupted) {
		t.Fatal(err)
	}
	b.judge(20, append(b.parts("out"), b.parts("dead")...)...)
}

// Where the dead letters are a topic the parts commit with a Kafka transaction, which outlasts the interval of commits.
func TestPartsInATransaction(t *testing.T) {
	const n, rows = 2000, 100
	b := newPartsBed(t, 3)
	var timeouts []int32
	b.cluster.ControlKey(int16(kmsg.InitProducerID), func(r kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		if init := r.(*kmsg.InitProducerIDRequest); init.TransactionalID != nil {
			timeouts = append(timeouts, init.TransactionTimeoutMillis)
		}
		return nil, nil, false
	})
	b.produce(0, n, 3)
	b.run(fmt.Sprintf(asJSONL, "none", "1B"), fmt.Sprintf("batch: {rows: %d}\ndead_letters: {kafka: {topic: dead}}\n", rows))
	out := b.parts("out")
	seen := make(map[int]bool)
	for _, p := range out {
		for _, id := range p.ids {
			if seen[id] || id%10 == 9 {
				t.Fatalf("record %d came out twice, or without a text", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != n*9/10 || len(out) < n/rows {
		t.Errorf("%d records in %d parts", len(seen), len(out))
	}
	if len(timeouts) == 0 || slices.Min(timeouts) <= int32(filesInterval.Milliseconds()) {
		t.Errorf("transactions of %v ms, and a commit every %v", timeouts, filesInterval)
	}
}
