//go:build integration

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
	"github.com/winnow-stream/winnow/test/backing"
)

func contains(err error, what string) bool { return err != nil && strings.Contains(err.Error(), what) }

func sourceConfig(t *testing.T, c config) host.SourceConfig {
	t.Helper()
	return host.SourceConfig{Program: plugintest.Program(t, "redis", "1.0.0"), Config: encoded(t, c)}
}

// fill adds entries with the ids 1-1, 2-2, and so on, whose field id says the number.
func fill(t *testing.T, client redis.UniversalClient, stream string, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		add(t, client, stream, fmt.Sprintf("%d-%d", i, i), "id", i, "text", fmt.Sprint("entry ", i))
	}
}

func add(t *testing.T, client redis.UniversalClient, stream, id string, values ...any) {
	t.Helper()
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, ID: id, Values: values}).Err(); err != nil {
		t.Fatal(err)
	}
}

// TestSourceConforms holds the source to the protocol's promises, over two streams up to their ends, and without one.
func TestSourceConforms(t *testing.T) {
	s, client := server(t)
	fill(t, client, "one", 1, 50)
	fill(t, client, "two", 3, 9)
	for _, c := range []config{{Until: latest}, {Group: "winnow"}} {
		c.URL, c.Streams, c.Fields, c.IDColumn = s.URL(), []string{"one", "two"}, []string{"id", "text"}, "entry"
		conform.Source(t.Context(), plugintest.Host(t), sourceConfig(t, c), func(r conform.Result) {
			if r.Err != nil {
				t.Errorf("%+v: %s: %v", c, r.Promise, r.Err)
			}
		})
	}
}

// opened is a source in this process, with a reader of its first stream from an offset on; -1: from its beginning.
func opened(t *testing.T, c config, from int64) (pipeline.Source, pipeline.Reader) {
	t.Helper()
	s, err := newSource(t.Context(), sdk.Task{Config: encoded(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	return s, reopened(t, s, from)
}

func reopened(t *testing.T, s pipeline.Source, from int64) pipeline.Reader {
	t.Helper()
	layout, err := s.Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	splits, err := s.Splits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if from < 0 {
		from = splits[0].Start
	}
	r, err := s.Open(t.Context(), splits[0], pipeline.Position{Offset: from, Byte: -1}, pipeline.Projection{
		Columns: layout.Schema.Fields(), Rows: 10, Bytes: 1 << 20, MaxRecord: 200, Alloc: memory.DefaultAllocator,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// take reads a batch: its rows, and the offset behind it.
func take(t *testing.T, r pipeline.Reader, patience time.Duration) (rows []string, next int64, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := r.Next(ctx)
	if err != nil {
		return nil, 0, err
	}
	if b.Record == nil {
		return take(t, r, patience)
	}
	defer b.Record.Release()
	for row := range b.Len() {
		var values []string
		for _, c := range b.Record.Columns()[1:] {
			values = append(values, c.ValueStr(row))
		}
		for _, f := range b.Faults {
			if f.Row == row {
				values = append(values, f.Err.Error())
			}
		}
		rows = append(rows, strings.Join(values, " "))
	}
	return rows, b.Next.Offset, nil
}

// TestTypes reads values of every type, and some that are not of theirs.
func TestTypes(t *testing.T) {
	s, client := server(t)
	add(t, client, "s", "1", "body", "naïve", "raw", "\x00\xff", "n", "-7", "x", "0.5", "yes", "true", "tree", `{"a": [1]}`)
	add(t, client, "s", "2", "other", "x")
	add(t, client, "s", "3", "body", "\xff")
	add(t, client, "s", "4", "n", "7.5")
	add(t, client, "s", "5", "x", "much", "tree", "{")
	add(t, client, "s", "6-7", "body", strings.Repeat("x", 300))
	_, r := opened(t, config{
		URL: s.URL(), Streams: []string{"s"}, Fields: []string{"body", "raw", "n", "x", "yes", "tree"}, Columns: map[string]string{"body": "text"},
		Types:    map[string]string{"raw": "bytes", "n": "integer", "x": "number", "yes": "boolean", "tree": "json"},
		IDColumn: "entry", Until: latest,
	}, -1)
	rows, _, err := take(t, r, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	null := func(n int) string { return strings.Repeat("(null) ", n) }
	if diff := cmp.Diff([]string{
		`naïve AP8= -7 0.5 true {"a": [1]} 1-0`,
		null(6) + "2-0",
		null(6) + "3-0 record.utf8: the entry 3-0: text: it is not valid UTF-8: read it as bytes, if it is none",
		null(6) + "4-0 record.type: the entry 4-0: n: it is not an integer of 64 bits",
		null(6) + "5-0 record.type: the entry 5-0: tree: it is not JSON",
		null(6) + "6-7 record.too_large: the entry 6-7 has 304 bytes, and at most 200 are taken",
	}, rows); diff != "" {
		t.Error(diff)
	}
	if _, _, err := take(t, r, time.Minute); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestPlaces begins and ends streams where the configuration says.
func TestPlaces(t *testing.T) {
	s, client := server(t)
	fill(t, client, "s", 1, 9)
	for _, c := range []struct {
		start, until string
		want         string
	}{
		{"", latest, "1 2 3 4 5 6 7 8 9"}, {"4-4", latest, "4 5 6 7 8 9"}, {"4-5", "6", "5"}, {earliest, "6-6", "1 2 3 4 5 6"}, {latest, latest, ""},
	} {
		_, r := opened(t, config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}, Start: c.start, Until: c.until}, -1)
		rows, _, err := take(t, r, time.Minute)
		if got := strings.Join(rows, " "); got != c.want || c.want == "" && !errors.Is(err, io.EOF) {
			t.Errorf("from %q until %q: %s, %v", c.start, c.until, got, err)
		}
	}
}

// TestLatest begins at the end of a stream, which winnow is told: another process goes on there, and not at the end that is then.
func TestLatest(t *testing.T) {
	s, client := server(t)
	fill(t, client, "s", 1, 5)
	c := config{URL: s.URL(), Streams: []string{"s", "none"}, Fields: []string{"id"}, Start: latest}
	source, r := opened(t, c, -1)
	b, err := r.Next(t.Context())
	if err != nil || b.Record != nil || b.First != 0 || idOf(b.Next.Offset-1) != "5-5" {
		t.Fatal(b, err)
	}
	fill(t, client, "s", 6, 6)
	if rows, _, err := take(t, r, time.Minute); err != nil || rows[0] != "6" {
		t.Error(rows, err)
	}
	_, r = opened(t, c, b.Next.Offset)
	fill(t, client, "s", 7, 7)
	if rows, _, err := take(t, r, time.Minute); err != nil || strings.Join(rows, " ") != "6 7" {
		t.Error(rows, err)
	}
	r, err = source.Open(t.Context(), &pipeline.Split{ID: "none", End: -1}, pipeline.Position{}, pipeline.Projection{Alloc: memory.DefaultAllocator})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Next(t.Context()); err != nil || b.Next.Offset != 1 {
		t.Error("a stream that is not there has its beginning told, too:", b, err)
	}
}

// TestFollows reads a stream that is not there at first, over a crash of Redis, and shows in its group how far it is.
func TestFollows(t *testing.T) {
	s, client := server(t)
	source, r := opened(t, config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}, Group: "winnow"}, -1)
	if _, _, err := take(t, r, 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	group := func(next int64) redis.XInfoGroup {
		t.Helper()
		if err := source.(*follower).Acknowledge(t.Context(), map[string]int64{"s": next}); err != nil {
			t.Fatal(err)
		}
		groups := client.XInfoGroups(t.Context(), "s").Val()
		if len(groups) != 1 {
			t.Fatalf("groups %+v", groups)
		}
		return groups[0]
	}
	fill(t, client, "s", 1, 12)
	rows, next, err := take(t, r, time.Minute)
	if err != nil || len(rows) != 10 {
		t.Fatal(rows, err)
	}
	if diff := cmp.Diff(redis.XInfoGroup{Name: "winnow", LastDeliveredID: "10-10", EntriesRead: 10, Lag: 2}, group(next)); diff != "" {
		t.Error(diff)
	}
	s.Kill()
	if _, _, err := take(t, r, 300*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if err := source.(*follower).Acknowledge(t.Context(), map[string]int64{"s": next}); err != nil {
		t.Error("a group that can't be moved ends nothing:", err)
	}
	s.Start()
	rows, next, err = take(t, r, time.Minute)
	if diff := cmp.Diff([]string{"11", "12"}, rows); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if diff := cmp.Diff(redis.XInfoGroup{Name: "winnow", LastDeliveredID: "12-12", EntriesRead: 12}, group(next)); diff != "" {
		t.Error(diff)
	}
}

// TestBacklog counts the entries that come next, and tells when those were made that came. A reader that begins in between knows that
// when it sees the end.
func TestBacklog(t *testing.T) {
	s, client := server(t)
	fill(t, client, "s", 1, 25)
	for from, wants := range map[string][]int64{"": {15, 5, 0}, "3-3": {-1, -1, 0}} {
		offset := int64(-1)
		if from != "" {
			offset, _ = offsetOf(from)
		}
		_, r := opened(t, config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}}, offset)
		for i, want := range wants {
			b, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b.Record.Release()
			last := min(int64(i+1)*10, 25)
			if from != "" {
				last = min(last+2, 25)
			}
			if got := r.(*reader).Ahead(); got != want || !b.Time.Equal(time.UnixMilli(last)) {
				t.Errorf("from %q: %d entries come next, want %d; those before are of %v", from, got, want, b.Time)
			}
		}
	}
}

// TestDataLoss has one case for each way in which entries can go before they were read. Each stops the pipeline, or is told.
func TestDataLoss(t *testing.T) {
	trim := func(t *testing.T, client *redis.Client, keep int64) {
		t.Helper()
		if err := client.XTrimMaxLen(t.Context(), "s", keep).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name  string
		again bool // another process reads on
		group string
		do    func(t *testing.T, client *redis.Client) // after 10 of 20 entries were read
		want  string                                   // "": nothing is lost
		then  string                                   // what is read next, where that is wanted all the same
	}{
		{"trimmed up to there", false, "", func(t *testing.T, c *redis.Client) { trim(t, c, 10) }, "", "11"},
		{"trimmed beyond", false, "", func(t *testing.T, c *redis.Client) { trim(t, c, 7) }, "3 entries after 10-10 were trimmed or deleted before they were read", "14"},
		{"trimmed whole", false, "", func(t *testing.T, c *redis.Client) { trim(t, c, 0) }, "10 entries after 10-10 were trimmed or deleted before they were read", ""},
		{"deleted in between", false, "", func(t *testing.T, c *redis.Client) { c.XDel(t.Context(), "s", "13-13", "14-14") }, "2 entries after 10-10 were trimmed or deleted", "11"},
		{"made anew", false, "", func(t *testing.T, c *redis.Client) { c.Del(t.Context(), "s"); fill(t, c, "s", 21, 22) }, "it was made anew: it had 10 entries up to 10-10, and now has 0", "21"},
		{"an older copy", false, "", func(t *testing.T, c *redis.Client) { c.Del(t.Context(), "s"); fill(t, c, "s", 1, 4) }, "it ends at 4-4, and was read up to 10-10", ""},
		{"read on, trimmed up to there", true, "g", func(t *testing.T, c *redis.Client) { trim(t, c, 10) }, "", "11"},
		{"read on, trimmed beyond", true, "g", func(t *testing.T, c *redis.Client) { trim(t, c, 7) }, "3 entries after 10-10 were trimmed or deleted before they were read", "14"},
		{"read on without a group", true, "", func(*testing.T, *redis.Client) {}, "", "11"},
		{"read on without a group, trimmed below", true, "", func(t *testing.T, c *redis.Client) { trim(t, c, 11) }, "", "11"},
		{"read on without a group, trimmed", true, "", func(t *testing.T, c *redis.Client) { trim(t, c, 10) }, "it is not known whether all of them were read", "11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, on := range []string{"", skip} {
				s, client := server(t)
				fill(t, client, "s", 1, 20)
				cfg := config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}, OnDataLoss: on, Group: c.group}
				source, r := opened(t, cfg, -1)
				rows, next, err := take(t, r, time.Minute)
				if err != nil || len(rows) != 10 {
					t.Fatal(rows, err)
				}
				if err := source.(*follower).Acknowledge(t.Context(), map[string]int64{"s": next}); err != nil {
					t.Fatal(err)
				}
				if c.again {
					_, r = opened(t, cfg, next)
				}
				c.do(t, client)
				rows, _, err = take(t, r, 2*time.Second)
				switch {
				case on == "" && c.want != "":
					if !fault.Is(err, fault.PluginFailed) || !contains(err, c.want) {
						t.Errorf("%v: %v", rows, err)
					}
				case c.then == "":
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("on_data_loss: skip: %v: %v", rows, err)
					}
				case err != nil || rows[0] != c.then:
					t.Errorf("on_data_loss: %q: %v: %v", on, rows, err)
				}
			}
		})
	}
}

// TestVanished deletes a stream while it is waited for, with entries and without.
func TestVanished(t *testing.T) {
	s, client := server(t)
	fill(t, client, "s", 1, 15)
	_, r := opened(t, config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}}, -1)
	_, _, err := take(t, r, time.Minute)
	client.Del(t.Context(), "s")
	if _, _, lost := take(t, r, time.Minute); err != nil || !contains(lost, "its key was deleted, with 5 entries or more that were not read") {
		t.Error(err, lost)
	}
	fill(t, client, "s", 16, 17)
	if rows, _, err := take(t, r, time.Minute); err != nil || len(rows) != 2 {
		t.Error(rows, err)
	}
	client.Del(t.Context(), "s")
	if _, _, err := take(t, r, 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestSourceRefuses has one case for each configuration or stream that can't be read.
func TestSourceRefuses(t *testing.T) {
	s, client := server(t)
	client.Set(t.Context(), "word", "x", 0)
	add(t, client, "counted", "0-3000000", "id", 1)
	base := config{URL: s.URL(), Streams: []string{"s"}, Fields: []string{"id"}, Until: latest}
	with := func(change func(c *config)) config {
		c := base
		change(&c)
		return c
	}
	for _, c := range []struct {
		config
		want string
	}{
		{with(func(c *config) { c.Streams = nil }), "a source needs streams"},
		{with(func(c *config) { c.Fields = nil }), "a source needs fields"},
		{with(func(c *config) { c.Start = "yesterday" }), "start: the id \"yesterday\" is not a time"},
		{with(func(c *config) { c.Until = "1-x" }), "until: the id \"1-x\" is not a time"},
		{with(func(c *config) { c.Group = "g" }), "group is for streams without an end"},
		{with(func(c *config) { c.Columns, c.Fields = map[string]string{"a": "id"}, []string{"a", "id"} }), "the fields a and id have the column id"},
		{with(func(c *config) { c.IDColumn = "id" }), "id_column: the field id has the column id"},
		{base, "there is no such key"},
		{with(func(c *config) { c.Until = "5" }), "there is no such key"},
		{with(func(c *config) { c.Streams = []string{"word"} }), "WRONGTYPE"},
		{with(func(c *config) { c.Streams = []string{"counted"} }), "the id \"0-3000000\" is not a time in milliseconds"},
		{with(func(c *config) { c.URL = "redis://127.0.0.1:1" }), "Redis can't be reached"},
	} {
		source := plugintest.Host(t).Source(sourceConfig(t, c.config))
		_, err := source.Layout(t.Context())
		if err == nil {
			_, err = source.Splits(t.Context())
		}
		if !contains(err, c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

// TestTLS connects with a password to a server whose certificate an authority of its own has signed.
func TestTLS(t *testing.T) {
	ca, certificate, key := backing.Certificate(t, "127.0.0.1")
	port := backing.FreePort(t)
	backing.Redis(t, "--tls-port", strconv.Itoa(port), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", ca,
		"--tls-auth-clients", "no", "--requirepass", "secret")
	url := fmt.Sprintf("rediss://127.0.0.1:%d", port)
	for _, c := range []struct {
		ca, password string
		want         string
	}{
		{ca, "secret", "there is no such key"},
		{"", "secret", "the server's certificate"},
		{ca, "", "NOAUTH"},
		{ca, "guess", "WRONGPASS"},
		{key, "", "holds no certificate"},
		{os.DevNull + "x", "", "no such file"},
	} {
		source := plugintest.Host(t).Source(sourceConfig(t, config{
			URL: url, CA: c.ca, Password: c.password, Streams: []string{"s"}, Fields: []string{"id"}, Until: latest,
		}))
		_, err := source.Splits(t.Context())
		if !contains(err, c.want) || contains(err, "secret") && c.password != "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestCluster reads and writes on a node of a cluster, which is refused where the configuration does not know it as one.
func TestCluster(t *testing.T) {
	s, client := server(t, "--cluster-enabled", "yes")
	if err := client.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(client.ClusterInfo(t.Context()).Val(), "cluster_state:ok"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cluster does not begin")
		}
	}
	fill(t, client, "one", 1, 5)
	fill(t, client, "{tag}two", 1, 7)
	c := config{URL: s.URL(), Cluster: true, Streams: []string{"one", "{tag}two"}, Fields: []string{"id"}, Until: latest}
	conform.Source(t.Context(), plugintest.Host(t), sourceConfig(t, c), func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Promise, r.Err)
		}
	})
	for _, stream := range []string{"out", "{tag}out"} {
		conform.Sink(t.Context(), plugintest.Host(t), sinkConfig(t, config{URL: s.URL(), Cluster: true, Stream: stream}), func(r conform.Result) {
			if r.Err != nil {
				t.Errorf("%s: %s: %v", stream, r.Promise, r.Err)
			}
		})
	}
}
