package plugintest_test

import (
	"testing"

	"github.com/winnow-stream/winnow/plugins/plugintest"
	"github.com/winnow-stream/winnow/plugins/sdk"
)

// A plugin's test has this in place of its own TestMain, and starts plugintest.Program.
func Example() {
	main := func() { sdk.Serve(sdk.Plugin{Name: "mine", Version: "1.0.0"}) }
	TestMain := func(m *testing.M) { plugintest.Main(m, main) }
	_ = TestMain
	// Output:
}
