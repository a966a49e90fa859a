// Command redis is a plugin for winnow that reads Redis streams and writes to them. As a sink it appends records and moves on how far
// it has its input in one step: exactly once, also behind another stream. As a source it follows streams by the ids of their entries,
// or reads them up to their present end.
package main

import "github.com/winnow-stream/winnow/plugins/sdk"

func main() {
	sdk.Serve(sdk.Plugin{Name: "redis", Version: "1.0.0", Source: newSource, Sink: newSink})
}
