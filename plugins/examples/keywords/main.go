// Command keywords is a plugin for winnow: a classifier that labels texts by lists of words. It is the smallest whole
// plugin, to read and to start from.
package main

import "github.com/winnow-stream/winnow/plugins/sdk"

func main() {
	sdk.Serve(sdk.Plugin{Name: "keywords", Version: "1.0.0", Classifier: open})
}
