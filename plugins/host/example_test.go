package host_test

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/host"
)

// What is no plugin is told in one message.
func ExampleHost_Classifier() {
	h := host.New(zerolog.Nop())
	defer h.Close()
	_, err := h.Classifier(context.Background(), host.ClassifierConfig{
		Program: host.Program{Name: "echo", Version: "1.0.0", Dir: "/", Command: []string{"echo", "hello"}},
	})
	fmt.Println(fault.Is(err, fault.PluginHandshake), err)
	// Output: true plugin.handshake: plugin echo: instead of a handshake it printed "hello"
}
