package host_test

import (
	"context"
	"os"

	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// serveSink serves a sink over the disk at the socket that the second argument names.
func serveSink(string) {
	sdk.Serve(sdk.Plugin{Name: "evil", Version: "1", Sink: func(context.Context, sdk.Task) (sdk.Sink, error) {
		fsys, err := dialDisk(os.Args[2])
		if err != nil {
			return nil, err
		}
		return &pipelinetest.DiskSink{FS: fsys, Path: "/out/out.jsonl"}, nil
	}})
}
