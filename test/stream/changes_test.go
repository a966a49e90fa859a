//go:build integration

package stream

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// followed is a pipeline whose source has no end, whose classifier and sink are plugins too: from a table of PostgreSQL that others
// write into to one that keeps offsets.
type followed struct {
	*scene
	*toTable
	keywords string // the classifier's folder
	written  atomic.Int64
}

func newFollowed(t *testing.T) *followed {
	t.Helper()
	f := &followed{scene: &scene{t: t, dir: t.TempDir()}, toTable: newTable(t), keywords: plugin(t, "keywords")}
	f.spec = filepath.Join(f.dir, "spec.yaml")
	_, err := f.conn.Exec(t.Context(), "CREATE TABLE tickets (id bigserial PRIMARY KEY, text text NOT NULL)")
	f.must(err)
	f.label("mine")
	return f
}

// label writes the spec, with the label that every text gets.
func (f *followed) label(name string) {
	f.must(os.WriteFile(f.spec, fmt.Appendf(nil, `name: %s
source: {plugin: {path: %s, config: {url: %q, table: tickets, changes: {column: id, poll: 100ms}}}}
text: text
classify: {plugin: {path: %s, config: {words: {%s: [text]}}}}
commit: {interval: 200ms}
%s`, f.t.Name(), f.plugin, f.url, f.keywords, name, f.sinks(f.scene)), 0o600))
}

// follow starts a process.
func (f *followed) follow() *process {
	return f.run("--allow-unpinned", "--listen", "unix:"+filepath.Join(f.dir, "listen"))
}

// write writes rows in two transactions, one of which is open for a while, until ctx ends.
func (f *followed) write(ctx context.Context, done chan<- error) {
	insert := func(tx pgx.Tx, n int64) error {
		_, err := tx.Exec(f.t.Context(), "INSERT INTO tickets (text) SELECT 'text ' || i FROM generate_series(1, $1) AS i", n)
		return err
	}
	conn, err := pgx.Connect(f.t.Context(), f.url)
	if err != nil {
		done <- err
		return
	}
	defer func() { _ = conn.Close(f.t.Context()) }()
	for hold := 0; ctx.Err() == nil && err == nil; hold = (hold + 1) % 5 {
		err = pgx.BeginFunc(f.t.Context(), conn, func(tx pgx.Tx) error {
			if err := insert(tx, 20); err != nil {
				return err
			}
			time.Sleep(time.Duration(hold) * 100 * time.Millisecond)
			return insert(tx, 1)
		})
		f.written.Add(21)
	}
	done <- err
}

// metric is a value that a running process tells; -1 where it tells none.
func (f *followed) metric(name string) float64 {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(f.dir, "listen"))
	}}}
	r, err := client.Get("http://localhost/metrics")
	if err != nil {
		return -1
	}
	defer func() { _ = r.Body.Close() }()
	page, err := io.ReadAll(r.Body)
	f.must(err)
	m := regexp.MustCompile(`(?m)^` + name + `.* (\S+)$`).FindSubmatch(page)
	if m == nil {
		return -1
	}
	value, err := strconv.ParseFloat(string(m[1]), 64)
	f.must(err)
	return value
}

// labelled are how many rows came out, and how many of them with a label.
func (f *followed) labelled(label string) (rows, with int64) {
	f.must(f.conn.QueryRow(f.t.Context(), "SELECT count(*), count(*) FILTER (WHERE label = $1) FROM labelled", label).Scan(&rows, &with))
	return rows, with
}

// TestChanges follows a table while it is written: it tells how far it is, stops with everything committed, goes on there, takes a
// changed classifier over, refuses a wrong one, and loses and doubles nothing where it or its plugins are killed.
func TestChanges(t *testing.T) {
	f := newFollowed(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	first, second := make(chan error, 1), make(chan error, 1)
	go f.write(ctx, first)
	go f.write(ctx, second)

	p := f.follow()
	f.within(time.Minute, "something is committed", func() bool { rows, _ := f.labelled(""); return rows > 500 })
	f.within(10*time.Second, "it tells how far it is", func() bool {
		return f.metric(`winnow_lag_records\{.*split="tickets.id"\}`) >= 0 && f.metric(`winnow_plugin_rows_total\{.*kind="source"`) > 0
	})
	p.end()
	log, err := os.ReadFile(p.log)
	f.must(err)
	rows, _ := f.labelled("")
	if m := stopped.FindSubmatch(log); m == nil || string(m[1]) != strconv.FormatInt(rows, 10) {
		t.Errorf("%d records came out, and it says\n%s", rows, log)
	}

	p = f.follow()
	f.within(time.Minute, "it goes on", func() bool { now, _ := f.labelled(""); return now > rows })
	plugins := len(p.plugins())
	f.label("yours")
	p.signal(syscall.SIGHUP)
	f.within(time.Minute, "the changed classifier answers", func() bool { _, with := f.labelled("yours"); return with > 0 })
	f.must(os.WriteFile(f.spec, []byte("classify: 7\n"), 0o600))
	p.signal(syscall.SIGHUP)
	f.within(time.Minute, "the wrong one is refused", func() bool { return f.metric(`winnow_reload_total\{.*outcome="refused"`) == 1 })
	_, with := f.labelled("yours")
	f.within(time.Minute, "it goes on as before", func() bool { _, now := f.labelled("yours"); return now > with })
	f.within(time.Minute, "the old classifier has ended", func() bool { return len(p.plugins()) == plugins })
	if restarts := f.metric(`winnow_plugin_restarts_total\{.*kind="source"`); restarts > 0 {
		t.Errorf("the source was started again %v times", restarts)
	}
	f.label("yours")

	for range size(2, 10) {
		for _, plugin := range p.plugins() {
			f.must(syscall.Kill(plugin, syscall.SIGKILL))
			now, _ := f.labelled("")
			f.within(time.Minute, "it goes on after a plugin's end", func() bool { later, _ := f.labelled(""); return later > now })
		}
		p.kill()
		p = f.follow()
	}
	stop()
	f.must(<-first)
	f.must(<-second)
	f.within(time.Minute, "all is read", func() bool { rows, _ := f.labelled(""); return rows >= f.written.Load() })
	f.within(time.Minute, "no lag is left", func() bool { return f.metric(`winnow_lag_records\{.*split="tickets.id"\}`) == 0 })
	p.end()
	var ids, dead int64
	f.must(f.conn.QueryRow(t.Context(), "SELECT count(DISTINCT id), (SELECT count(*) FROM dead) FROM labelled").Scan(&ids, &dead))
	if rows, _ := f.labelled(""); rows != f.written.Load() || ids != rows || dead > 0 {
		t.Errorf("%d rows with %d ids and %d dead ones came out of %d", rows, ids, dead, f.written.Load())
	}
	t.Logf("%d rows", f.written.Load())
}
