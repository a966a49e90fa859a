package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/conform"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

func TestMain(m *testing.M) { plugintest.Main(m, main) }

// TestBuiltIn judges the sink in this process, on a disk that loses power and fails at each operation; TestPlugin at the other end
// of a socket.
func TestBuiltIn(t *testing.T) {
	pipelinetest.Sink(t, pipelinetest.SinkCase{
		New: func(_ testing.TB, fsys disk.FS) pipeline.Sink { return &parts{fs: fsys, folder: "/out"} },
		Output: func(_ testing.TB, d *pipelinetest.Disk) (all []byte, ok bool) {
			for _, name := range d.Files() {
				if filepath.Base(name)[0] != '.' {
					all, ok = append(all, d.Get(name)...), true
				}
			}
			return all, ok
		},
		IDs: pipelinetest.JSONL("id"),
	})
}

func TestPlugin(t *testing.T) {
	conform.Sink(t.Context(), plugintest.Host(t), host.SinkConfig{
		Program: plugintest.Program(t, "parts", "1.0.0"), Config: fmt.Appendf(nil, `{"folder": %q}`, t.TempDir()),
	}, func(r conform.Result) {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Promise, r.Err)
		}
	})
}
