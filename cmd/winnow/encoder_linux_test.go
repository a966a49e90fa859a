package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/test/race"
)

// mainWithPeak is the program, which says at its end how much memory it took at most. What the system tells a parent
// (rusage) begins with the memory of the parent itself.
func mainWithPeak() {
	m := NewMain()
	code := m.Run(os.Args[1:])
	m.Close()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Stderr.Write(status)
	os.Exit(code)
}

var peakResident = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// TestEncoderMemory starts the program anew for a few hundred texts: it stays below 200 MiB with the encoder. What the
// encoder takes is not there where it is not asked for: its weights are mapped, and nobody has touched them.
func TestEncoderMemory(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const mostMiB, modelMiB = 200, 8
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var input strings.Builder
	for i := range 256 {
		fmt.Fprintf(&input, "parcel %d came late and the invoice is wrong\n", i)
	}
	peak := map[string]int{}
	for _, backend := range []string{"static", "encoder"} {
		cmd := exec.CommandContext(t.Context(), self, "classify", "--labels", "billing,delivery", "--backend", backend, "-q")
		cmd.Args[0] = peakCommand // the test's binary is the program under this name (TestMain)
		cmd.Env = append(os.Environ(), "WINNOW_HOME="+t.TempDir())
		var told bytes.Buffer
		cmd.Stdin, cmd.Stderr = strings.NewReader(input.String()), &told
		out, err := cmd.Output()
		found := peakResident.FindStringSubmatch(told.String())
		if err != nil || strings.Count(string(out), "\n") != 256 || found == nil {
			t.Fatalf("%s: %d bytes, %v\n%s", backend, len(out), err, told.String())
		}
		kib, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		peak[backend] = kib >> 10
		t.Logf("%s: %d MiB resident at most", backend, peak[backend])
	}
	if peak["encoder"] > mostMiB {
		t.Errorf("%d MiB with the encoder, want at most %d", peak["encoder"], mostMiB)
	}
	if peak["encoder"]-peak["static"] < modelMiB {
		t.Errorf("%d MiB with the encoder, %d without: its weights are read where nobody asked for it", peak["encoder"], peak["static"])
	}
}
