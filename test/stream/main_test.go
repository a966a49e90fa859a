//go:build integration

package stream

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/winnow-stream/winnow/test/backing"
)

var (
	torture = flag.Bool("torture", false, "full rounds: 1,000,000 records or more, and as many faults as make one sure")
	rate    = flag.Int("rate", 10_000, "records produced a second")
)

// winnow is the binary under test.
var winnow string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "winnow-stream-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	winnow = filepath.Join(dir, "winnow")
	build := exec.Command("go", "build", "-o", winnow, "../../cmd/winnow")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := backing.Main(m).Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// size is a number of the short form, or of the full one.
func size(short, full int) int {
	if *torture {
		return full
	}
	return short
}
