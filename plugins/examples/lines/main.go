// Command lines is a plugin for winnow: a source of the lines of text files. It is the smallest whole source, to read and to
// start from.
package main

import "github.com/winnow-stream/winnow/plugins/sdk"

func main() {
	sdk.Serve(sdk.Plugin{Name: "lines", Version: "1.0.0", Source: open})
}
