// Command parts is a plugin for winnow: a sink that writes part files, exactly once. It is the smallest whole sink that prepares
// and commits, to read and to start from.
package main

import "github.com/winnow-stream/winnow/plugins/sdk"

func main() {
	sdk.Serve(sdk.Plugin{Name: "parts", Version: "1.0.0", Sink: open})
}
