package http_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/connectors/file"
	connector "github.com/winnow-stream/winnow/connectors/http"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// Into files by a commit log: what was answered with 200 is visible then, once, also when the process is killed and
// another one goes on beside what it left.
func TestIntoFiles(t *testing.T) {
	dir := t.TempDir()
	lines := func(path string, fsys disk.FS) (pipeline.Sink, error) {
		return file.SinkConfig{Path: path}.NewSink(pipeline.Env{FS: fsys})
	}
	for process := range 3 {
		r := start(t, connector.SourceConfig{}, func(c *pipeline.Config) {
			l := commitlog.New(commitlog.Config{Dir: filepath.Join(dir, "out", "_winnow"), Pipeline: "intake"})
			out, err1 := l.Sink(commitlog.SinkConfig{Name: "out", Folder: filepath.Join(dir, "out"), Ext: ".jsonl", New: lines})
			dead, err2 := l.Sink(commitlog.SinkConfig{Name: "dead_letters", Folder: filepath.Join(dir, "dead"), Ext: ".jsonl", New: lines})
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			c.Name, c.Recorder, c.DeadLetters = "intake", l, dead
			c.Sinks = []pipeline.NamedSink{{Name: "out", Sink: out}}
		})
		for batch := range 5 {
			prefix := string(rune('a'+process)) + string(rune('a'+batch))
			if a := r.post(t, records(prefix, 20)+"bad\n"); a.status != 200 || a.Delivered != 20 || a.Dead != 1 {
				t.Fatalf("%d %s", a.status, a.text)
			}
			visible(t, dir, prefix, 20)
		}
		if process == 0 {
			r.stop(t)
			continue
		}
		cut := "cut" + string(rune('a'+process))
		go func() { _, _ = r.try(t.Context(), records(cut, 20)) }()
		time.Sleep(3 * time.Millisecond)
		r.cancel()
		<-r.ended
	}
	visible(t, dir, "aa", 20)
}

// visible checks that every record of a request can be seen in a folder, and nothing twice.
func visible(t *testing.T, dir, prefix string, n int) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(dir, "out", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]int)
	for _, p := range parts {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var rec struct{ ID string }
			if err := json.Unmarshal([]byte(line), &rec); err != nil {
				t.Fatal(err)
			}
			seen[rec.ID]++
		}
	}
	count := 0
	for id, times := range seen {
		if strings.HasPrefix(id, prefix+"-") {
			count++
		}
		if times != 1 {
			t.Errorf("%s is there %d times", id, times)
		}
	}
	if count != n {
		t.Errorf("of %s are visible %d records, want %d", prefix, count, n)
	}
}
