//go:build integration

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { plugintest.Main(m, main) }

// server starts a Redis, and connects.
func server(t *testing.T, args ...string) (*backing.RedisServer, *redis.Client) {
	t.Helper()
	s := backing.Redis(t, args...)
	client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.Port), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return s, client
}

func encoded(t *testing.T, c config) []byte {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func sinkConfig(t *testing.T, c config) host.SinkConfig {
	return host.SinkConfig{Program: plugintest.Program(t, "redis", "1.0.0"), Config: encoded(t, c)}
}

// newHostSink starts the plugin as a sink.
func newHostSink(t *testing.T, c config) *host.Resumer {
	t.Helper()
	s, err := plugintest.Host(t).Sink(t.Context(), sinkConfig(t, c))
	if err != nil {
		t.Fatal(err)
	}
	return host.NewResumer(s)
}

// ids are what the field id holds in a stream's entries, in their order.
func ids(t *testing.T, client redis.UniversalClient, stream string) []string {
	t.Helper()
	entries, err := client.XRange(context.WithoutCancel(t.Context()), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i], _ = e.Values["id"].(string)
	}
	return all
}

// distinct is how many different ones there are.
func distinct(ids []string) int {
	seen := make(map[string]bool)
	for _, id := range ids {
		seen[id] = true
	}
	return len(seen)
}

// TestSinkConforms holds the sink to the protocol's promises: what is aborted, or was another one's, is not in the stream.
func TestSinkConforms(t *testing.T) {
	s, client := server(t)
	conform.Sink(t.Context(), plugintest.Host(t), sinkConfig(t, config{URL: s.URL(), Stream: "labelled"}), func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Promise, r.Err)
		}
	})
	if all := ids(t, client, "labelled"); len(all) < 8000 || distinct(all) != len(all) {
		t.Errorf("%d entries with %d ids", len(all), distinct(all))
	}
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 1 {
		t.Errorf("after the seal there are the keys %v", keys)
	}
}

var sinkOpen = pipeline.SinkOpen{
	Pipeline: "p", RunID: "r", Scope: "p/default", Stream: true, Rows: -1, Alloc: memory.DefaultAllocator,
	Input: &pipeline.Layout{Format: "test", Schema: arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "bytes", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)},
}

// batch is a batch of the split in/0: records with an id, and what bytes say; a record of nulls where that is nil.
func batch(first int64, values ...[]byte) *pipeline.Batch {
	fields := append([]arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}, sinkOpen.Input.Schema.Fields()...)
	build := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer build.Release()
	for i, v := range values {
		build.Field(0).(*array.Int64Builder).Append(first + int64(i))
		if v == nil {
			build.Field(1).AppendNull()
			build.Field(2).AppendNull()
			build.Field(3).AppendNull()
			continue
		}
		build.Field(1).(*array.Int64Builder).Append(first + int64(i))
		build.Field(2).(*array.BinaryBuilder).Append(v)
		list := build.Field(3).(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.StringBuilder).Append("x")
	}
	return &pipeline.Batch{
		Split: &pipeline.Split{ID: "in/0", End: -1}, First: first, Next: pipeline.Position{Offset: first + int64(len(values)), Byte: -1},
		Record: build.NewRecordBatch(),
	}
}

// commit commits a part of the split in/0.
func commit(t *testing.T, s *host.Resumer, first, next int64) error {
	s.Cover([]*pipeline.Span{{Split: &pipeline.Split{ID: "in/0", End: -1}, First: first, Next: next}})
	_, err := s.Prepare(t.Context(), 1)
	return err
}

// TestEntries has values of every kind, under other names, in a stream that keeps few entries.
func TestEntries(t *testing.T) {
	server, client := server(t)
	s := newHostSink(t, config{
		URL: server.URL(), Stream: "out", Fields: []string{"number", "bytes", "list"}, Columns: map[string]string{"number": "id"}, Maxlen: 2, ExactMaxlen: true,
	})
	if err := s.Open(t.Context(), sinkOpen); err != nil {
		t.Fatal(err)
	}
	err := s.Write(t.Context(), batch(0, []byte("gone"), []byte("\x00\xff"), nil, []byte{}))
	var refused *pipeline.RowErrors
	if !errors.As(err, &refused) || len(refused.Rows) != 1 || refused.Rows[0].Row != 2 || !fault.Is(refused.Rows[0].Err, fault.RecordType) {
		t.Errorf("a record of nulls: %v", err)
	}
	if err := commit(t, s, 0, 4); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for _, e := range client.XRange(t.Context(), "out", "-", "+").Val() {
		got = append(got, e.Values)
	}
	if diff := cmp.Diff([]map[string]any{
		{"number": "1", "bytes": "\x00\xff", "list": `["x"]`}, {"number": "3", "bytes": "", "list": `["x"]`},
	}, got); diff != "" {
		t.Error(diff)
	}
}

// TestSinkRefuses has one case for each server or key that can't be written to.
func TestSinkRefuses(t *testing.T) {
	s, client := server(t)
	if err := client.Set(t.Context(), "word", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), "ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@read", "+@connection").Err(); err != nil {
		t.Fatal(err)
	}
	as := func(user string) string { return fmt.Sprintf("redis://%s@127.0.0.1:%d", user, s.Port) }
	for _, c := range []struct {
		config
		code *fault.Code
		want string
	}{
		{config{URL: s.URL(), Stream: "word"}, fault.PluginFailed, "the key word holds a string, and no stream"},
		{config{URL: s.URL()}, fault.PluginConfig, "a sink needs a stream"},
		{config{URL: "localhost:6379", Stream: "s"}, fault.PluginConfig, "url is no address of a Redis"},
		{config{URL: s.URL(), CA: "/ca.pem", Stream: "s"}, fault.PluginConfig, "ca is for TLS"},
		{config{URL: "redis://127.0.0.1:1", Stream: "s"}, fault.PluginUnavailable, "Redis can't be reached"},
		{config{URL: as("reader"), Password: "wrong", Stream: "s"}, fault.PluginFailed, "WRONGPASS"},
		{config{URL: as("reader"), Password: "secret", Stream: "s"}, fault.PluginFailed, "NOPERM"},
	} {
		sink, err := plugintest.Host(t).Sink(t.Context(), sinkConfig(t, c.config))
		if err == nil {
			r := host.NewResumer(sink)
			if err = r.Open(t.Context(), sinkOpen); err == nil {
				_, err = r.Resume(t.Context(), &pipeline.Split{ID: "in/0"})
			}
		}
		if !fault.Is(err, c.code) || !contains(err, c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

// TestEvicts warns of a Redis that throws away keys.
func TestEvicts(t *testing.T) {
	for policy, warns := range map[string]bool{"allkeys-lru": true, "noeviction": false, "volatile-lru": false} {
		server, _ := server(t, "--maxmemory", "1gb", "--maxmemory-policy", policy)
		s, err := newSink(t.Context(), sdk.Task{Config: encoded(t, config{URL: server.URL(), Stream: "out"})})
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		log.SetOutput(&said)
		err = errors.Join(s.Open(t.Context(), sinkOpen), s.Close())
		log.SetOutput(os.Stderr)
		if err != nil || strings.Contains(said.String(), policy) != warns {
			t.Errorf("%s: %v: %s", policy, err, said.Bytes())
		}
	}
}

// TestCrashes kills Redis under the sink again and again, with a stream as the input and with a bounded one. Each record is in the
// stream once. A Redis that writes nothing down has lost all of it each time: it gets it again where the input can go back so far, and
// else the run ends.
func TestCrashes(t *testing.T) {
	for _, streamed := range []bool{true, false} {
		for _, durable := range []string{"yes", "no"} {
			t.Run(fmt.Sprintf("streamed=%v/appendonly=%s", streamed, durable), func(t *testing.T) {
				s, client := server(t, "--appendonly", durable)
				sink := newHostSink(t, config{URL: s.URL(), Stream: "labelled"})
				stream := pipelinetest.NewMemStream(3, 4000)
				stream.Level, stream.NoRaw = pipeline.AtLeastOnce, true
				stream.Script = pipelinetest.Slow("next", time.Millisecond)
				cfg := pipeline.Config{
					Source: stream, Sinks: []pipeline.NamedSink{{Name: "default", Sink: sink}}, BatchRows: 20,
					Commit: pipeline.CommitCadence{Records: 500}, Log: zerolog.New(zerolog.NewTestWriter(t)),
				}
				if !streamed {
					cfg.Source, cfg.State = stream.MemSource, t.TempDir()
				}
				p, err := pipeline.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() {
					_, err := p.Run(t.Context())
					done <- err
				}()
				kills := 0
				for running, last := true, int64(0); running; {
					select {
					case err := <-done:
						switch running = false; {
						case !streamed && durable == "no":
							if !fault.Is(err, fault.OutputGone) || !contains(err, "the sink default (plugin redis ") {
								t.Error(err)
							}
							return
						case err != nil:
							t.Fatal(err)
						}
					case <-time.After(10 * time.Millisecond):
						n := client.XLen(t.Context(), "labelled").Val()
						if kills == 3 || n < last+2000 {
							continue
						}
						if last = n; durable == "no" {
							last = 0
						}
						s.Kill()
						kills++
						s.Start()
					}
				}
				all := ids(t, client, "labelled")
				if kills == 0 || len(all) != 12000 || distinct(all) != 12000 {
					t.Errorf("%d entries with %d ids after %d kills", len(all), distinct(all), kills)
				}
			})
		}
	}
}

// TestFull has Redis refuse what is written, as one without memory does, and then take it: each record comes once.
func TestFull(t *testing.T) {
	server, client := server(t)
	s := newHostSink(t, config{URL: server.URL(), Stream: "out"})
	if err := s.Open(t.Context(), sinkOpen); err != nil {
		t.Fatal(err)
	}
	write := func() error {
		values := make([][]byte, 3*partRows+7)
		for i := range values {
			values[i] = []byte("x")
		}
		return errors.Join(s.Write(t.Context(), batch(0, values...)), commit(t, s, 0, int64(len(values))))
	}
	client.ConfigSet(t.Context(), "maxmemory", "1")
	if err := write(); !fault.Is(err, fault.PluginUnavailable) || !contains(err, "OOM") {
		t.Error(err)
	}
	if n := client.XLen(t.Context(), "out").Val(); n != 0 {
		t.Errorf("%d entries in a Redis that is full", n)
	}
	client.ConfigSet(t.Context(), "maxmemory", "0")
	if err := errors.Join(s.Abort(t.Context()), write()); err != nil {
		t.Fatal(err)
	}
	if all := ids(t, client, "out"); len(all) != 3*partRows+7 || distinct(all) != len(all) {
		t.Errorf("%d entries with %d ids", len(all), distinct(all))
	}
}

// TestParts has a commit fail after its first part: what is there is not written again.
func TestParts(t *testing.T) {
	server, client := server(t)
	s := newHostSink(t, config{URL: server.URL(), Stream: "out"})
	if err := s.Open(t.Context(), sinkOpen); err != nil {
		t.Fatal(err)
	}
	values := make([][]byte, 3*partRows)
	for i := range values {
		values[i] = []byte("x")
	}
	values[partRows+1] = make([]byte, 2<<20)
	client.ConfigSet(t.Context(), "proto-max-bulk-len", "1mb")
	err := errors.Join(s.Write(t.Context(), batch(0, values...)), commit(t, s, 0, int64(len(values))))
	if n := client.XLen(t.Context(), "out").Val(); err == nil || n != partRows {
		t.Fatal(n, err)
	}
	client.ConfigSet(t.Context(), "proto-max-bulk-len", "512mb")
	next, resumed := s.Resume(t.Context(), &pipeline.Split{ID: "in/0"})
	if err := errors.Join(resumed, s.Abort(t.Context())); err != nil || next != partRows {
		t.Fatal(next, err)
	}
	if err := errors.Join(s.Write(t.Context(), batch(0, values...)), commit(t, s, 0, int64(len(values)))); err != nil {
		t.Fatal(err)
	}
	if all := ids(t, client, "out"); len(all) != len(values) || distinct(all) != len(all) {
		t.Errorf("%d entries with %d ids", len(all), distinct(all))
	}
}

// TestOlderCopy sets Redis back by hand, as a replica would that takes the place of one that was ahead: the next commit finds out, and
// what was lost has to come again.
func TestOlderCopy(t *testing.T) {
	server, client := server(t)
	s := newHostSink(t, config{URL: server.URL(), Stream: "out"})
	x := []byte("x")
	if err := errors.Join(s.Open(t.Context(), sinkOpen), s.Write(t.Context(), batch(0, x, x, x)), commit(t, s, 0, 3)); err != nil {
		t.Fatal(err)
	}
	client.HSet(t.Context(), "{out}:winnow:p/default", "next in/0", 1)
	err := errors.Join(s.Write(t.Context(), batch(3, x)), commit(t, s, 3, 4))
	if n := client.XLen(t.Context(), "out").Val(); !fault.Is(err, fault.PluginFenced) || n != 3 {
		t.Error(n, err)
	}
	next, err := s.Resume(t.Context(), &pipeline.Split{ID: "in/0"})
	if err = errors.Join(err, s.Abort(t.Context())); err != nil || next != 1 {
		t.Fatal(next, err)
	}
	err = errors.Join(s.Write(t.Context(), batch(3, x)), commit(t, s, 3, 4))
	if !contains(err, "Redis has lost what was committed of in/0 from the offset 1 to 3, and it does not come again") {
		t.Error(err)
	}
	if err := errors.Join(s.Abort(t.Context()), s.Write(t.Context(), batch(1, x, x, x)), commit(t, s, 1, 4)); err != nil {
		t.Error(err)
	}
	if next := client.HGet(t.Context(), "{out}:winnow:p/default", "next in/0").Val(); next != "4" {
		t.Error(next)
	}
}
