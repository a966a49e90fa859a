package plugintest

import (
	"os"
	"testing"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// Main is for TestMain: in a process that a host started it runs the plugin's main function, else the tests.
func Main(m *testing.M, plugin func()) {
	if os.Getenv(proto.CookieKey) != "" {
		plugin()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Program is the test's own binary as a plugin of a name and version.
func Program(t testing.TB, name, version string, args ...string) host.Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return host.Program{Name: name, Version: version, Dir: "/", Command: append([]string{self}, args...)}
}

// Host is a host that ends its plugins with the test.
func Host(t testing.TB) *host.Host {
	t.Helper()
	h := host.New(zerolog.New(zerolog.NewTestWriter(t)))
	t.Cleanup(h.Close)
	return h
}
