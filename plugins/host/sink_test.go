package host_test

import (
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// TestSink judges a sink at the other end of the socket by the suite that judges built-in ones. Its disk is in this process, and
// loses power there.
func TestSink(t *testing.T) {
	h := host.New(zerolog.Nop())
	var disks diskServers
	end := func() {
		h.Close()
		disks.close()
	}
	defer end()
	pipelinetest.Sink(t, pipelinetest.SinkCase{
		New: func(t testing.TB, fsys disk.FS) pipeline.Sink {
			s, err := h.Sink(t.Context(), host.SinkConfig{
				Program: plugintest.Program(t, "evil", "1", "takes", disks.serve(t, fsys)), Config: []byte("{}"),
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Output: func(_ testing.TB, d *pipelinetest.Disk) ([]byte, bool) {
			data := d.Get("/out/out.jsonl")
			return data, data != nil
		},
		IDs: pipelinetest.JSONL("id"), Points: 4, Records: 30, Close: end,
	})
}
