package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/race"
)

// TestEncoderMemory starts the program anew for a few hundred texts: it stays below 200 MiB with the encoder. What the
// encoder adds is not there where it is not asked for: its weights are mapped, and nobody has touched them.
func TestEncoderMemory(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const mostMiB, modelMiB = 200, 8
	var input strings.Builder
	for i := range 256 {
		fmt.Fprintf(&input, "parcel %d came late and the invoice is wrong\n", i)
	}
	peak := map[string]int64{}
	for _, backend := range []string{"static", "encoder"} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self, "classify", "--labels", "billing,delivery", "--backend", backend, "-q")
		cmd.Args[0] = "winnow" // the test's binary is the program under this name (TestMain)
		cmd.Env = append(os.Environ(), "WINNOW_HOME="+t.TempDir())
		cmd.Stdin = strings.NewReader(input.String())
		begun := time.Now()
		out, err := cmd.Output()
		if err != nil || strings.Count(string(out), "\n") != 256 {
			t.Fatalf("%s: %d bytes, %v", backend, len(out), err)
		}
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok {
			t.Skip("the system does not say how much memory a process took")
		}
		peak[backend] = usage.Maxrss >> 10
		t.Logf("%s: %d MiB resident at most, %v from start to end", backend, peak[backend], time.Since(begun).Round(time.Millisecond))
	}
	if peak["encoder"] > mostMiB {
		t.Errorf("%d MiB with the encoder, want at most %d", peak["encoder"], mostMiB)
	}
	if peak["encoder"]-peak["static"] < modelMiB {
		t.Errorf("%d MiB with the encoder, %d without: it takes no memory only when it is used", peak["encoder"], peak["static"])
	}
}
