package commitlog_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/commitlog"
	"github.com/winnow-stream/winnow/connectors/file"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// A log's sinks wrap sinks that write one file each; the log is the pipeline's Recorder.
func Example() {
	log := commitlog.New(commitlog.Config{Dir: "out/_winnow", Pipeline: "tickets"})
	sink, err := log.Sink(commitlog.SinkConfig{
		Name: "default", Folder: "out/", Ext: ".jsonl",
		New: func(path string, fsys disk.FS) (pipeline.Sink, error) {
			return file.SinkConfig{Path: path}.NewSink(pipeline.Env{FS: fsys})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	guarantee, _ := log.Guarantee()
	fmt.Println(sink.Describe(), guarantee)
	// Output: part files *.jsonl in out exactly_once
}
