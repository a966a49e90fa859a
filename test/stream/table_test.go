//go:build integration

package stream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/winnow-stream/winnow/test/backing"
	"github.com/winnow-stream/winnow/test/broker"
)

// toTable is a pipeline from a topic to a table of PostgreSQL, by the plugin of plugins/examples. The tables have no key, so that a
// record that came twice would be there twice.
type toTable struct {
	plugin string // its folder
	url    string
	conn   *pgx.Conn
}

func newTable(t *testing.T) *toTable {
	t.Helper()
	o := &toTable{plugin: plugin(t, "postgres"), url: backing.Postgres(t)}
	var err error
	o.conn, err = pgx.Connect(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.conn.Close(context.WithoutCancel(t.Context())) })
	_, err = o.conn.Exec(t.Context(), `
		CREATE TABLE labelled (place bigserial, id bigint NOT NULL, text text NOT NULL, label text NOT NULL);
		CREATE TABLE dead (place bigserial, code text NOT NULL, record text NOT NULL)`)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// plugin builds one of plugins/examples, and returns its folder.
func plugin(t *testing.T, name string) string {
	t.Helper()
	dir, from := t.TempDir(), "../../plugins/examples/"+name
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", name), from)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	manifest, err := os.ReadFile(filepath.Join(from, "plugin.yaml"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "plugin.yaml"), manifest, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func (o *toTable) sinks(*scene) string {
	return fmt.Sprintf(`sinks:
  default: {plugin: {path: %[1]s, config: {url: %[2]q, table: labelled}}}
dead_letters: {plugin: {path: %[1]s, config: {url: %[2]q, table: dead}}}
guarantee: exactly_once
`, o.plugin, o.url)
}

func (o *toTable) read(s *scene) (map[int][]int64, []int64) {
	delivered := make(map[int][]int64)
	rows, _ := o.conn.Query(s.t.Context(), "SELECT id FROM labelled ORDER BY place")
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	s.must(err)
	for _, id := range ids {
		p := int(id % s.feed.spread)
		delivered[p] = append(delivered[p], id)
	}
	rows, _ = o.conn.Query(s.t.Context(), "SELECT substr(record, 4)::bigint FROM dead ORDER BY place")
	dead, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	s.must(err)
	return delivered, dead
}

// plugins are the processes of plugins that a process has started.
func (p *process) plugins() []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	p.s.must(err)
	var all []int
	for _, path := range lists {
		data, _ := os.ReadFile(path) // the thread may have ended
		for _, field := range strings.Fields(string(data)) {
			child, err := strconv.Atoi(field)
			p.s.must(err)
			all = append(all, child)
		}
	}
	return all
}

// TestTable kills one of two processes, or one of its plugins, in turn.
func TestTable(t *testing.T) {
	s := newScene(t, broker.Start(t), newTable(t), "")
	start := func() *process { return s.run("--allow-unpinned") }
	a, b := start(), start()
	s.feed.begin(*rate / 5)
	for kill := range size(6, 20) {
		time.Sleep(time.Second + rand.N(time.Duration(size(2, 6))*time.Second))
		b.alive()
		if kill%2 == 1 {
			a.kill()
			a, b = b, start()
			continue
		}
		var plugins []int
		s.within(10*time.Second, "a plugin runs", func() bool {
			plugins = a.plugins()
			return len(plugins) > 0
		})
		s.must(syscall.Kill(plugins[rand.N(len(plugins))], syscall.SIGKILL))
	}
	s.settle(size(40_000, 200_000))
	a.end()
	b.end()
}
