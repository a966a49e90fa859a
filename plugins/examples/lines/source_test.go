package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

func TestMain(m *testing.M) { plugintest.Main(m, main) }

// want are the records of the folder example.
var want = []string{
	`{"line":1,"text":"The app crashes when I open the settings"}`, `{"line":2,"text":"Where is my card?"}`,
	`{"line":3,"text":""}`, `{"line":4,"text":"Thank you!"}`, `{"line":1,"text":"I was charged twice"}`,
}

// TestBuiltIn judges the source in this process, TestPlugin at the other end of a socket.
func TestBuiltIn(t *testing.T) {
	pipelinetest.Source(t, pipelinetest.SourceCase{Want: want, New: func(t testing.TB) pipeline.Source {
		s, err := open(t.Context(), sdk.Task{Config: []byte(`{"folder": "example"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}})
}

func TestPlugin(t *testing.T) {
	h := host.New(zerolog.Nop())
	defer h.Close()
	folder, err := filepath.Abs("example")
	if err != nil {
		t.Fatal(err)
	}
	pipelinetest.Source(t, pipelinetest.SourceCase{Want: want, Close: h.Close, New: func(testing.TB) pipeline.Source {
		return h.Source(host.SourceConfig{
			Program: plugintest.Program(t, "lines", "1.0.0"), Config: fmt.Appendf(nil, `{"folder": %q}`, folder),
		})
	}})
}

func TestMissing(t *testing.T) {
	_, err := plugintest.Host(t).Source(host.SourceConfig{
		Program: plugintest.Program(t, "lines", "1.0.0"), Config: []byte(`{"folder": "nowhere"}`),
	}).Layout(t.Context())
	if !fault.Is(err, fault.PluginConfig) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}
