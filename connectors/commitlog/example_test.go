package commitlog_test

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// A stream of two partitions is written to a folder. Any number of processes may run this at the same time.
func Example() {
	fsys := pipelinetest.NewDisk()
	fsys.Put("/data/.keep", nil)
	log := commitlog.New(commitlog.Config{Dir: "/data/out/_winnow", Pipeline: "tickets", FS: fsys})
	out, err := log.Sink(commitlog.SinkConfig{
		Name: "out", Folder: "/data/out", Ext: ".jsonl",
		New: func(path string, fsys disk.FS) (pipeline.Sink, error) {
			return file.SinkConfig{Path: path}.NewSink(pipeline.Env{FS: fsys})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := pipeline.New(pipeline.Config{
		Name: "tickets", Source: pipelinetest.NewMemStream(2, 10), Recorder: log, FS: fsys, Log: zerolog.Nop(),
		Sinks: []pipeline.NamedSink{{Name: "out", Sink: out}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := p.Run(context.Background())
	fmt.Println(s.Counts.Delivered, "rows,", s.Plan.Guarantee, err)
	for _, path := range fsys.Files() {
		fmt.Println(path)
	}
	// Output:
	// 20 rows, exactly_once <nil>
	// /data/.keep
	// /data/out/_winnow/part/0/00000000000000000000.json
	// /data/out/_winnow/part/1/00000000000000000000.json
	// /data/out/part-0-00000000000000000000-00000000000000000010.jsonl
	// /data/out/part-1-00000000000000000000-00000000000000000010.jsonl
}
