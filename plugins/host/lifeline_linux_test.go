package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/host"
	"github.com/winnow-stream/winnow/plugins/plugintest"
)

// hostOf is the variable that makes a test process a host, which tells its plugin's process id and socket, and hangs.
const hostOf = "TEST_HOST"

// TestHostKilled kills a host, and waits for its plugin to end by itself.
func TestHostKilled(t *testing.T) {
	if os.Getenv(hostOf) != "" {
		actHost(t)
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHostKilled$")
	cmd.Env = append(os.Environ(), hostOf+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var socket string
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "plugin "); ok {
			if _, err := fmt.Sscan(rest, &pid, &socket); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pid == 0 || syscall.Kill(pid, 0) != nil {
		t.Fatalf("no plugin runs: %d", pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for end := time.Now().Add(5 * time.Second); running(pid); {
		if time.Now().After(end) {
			t.Fatalf("the plugin %d outlives its host by 5 s", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its socket's folder %s is left: %v", socket, err)
	}
}

// running tells whether a process runs; one that nobody has collected yet does not.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func actHost(t *testing.T) {
	note := filepath.Join(os.TempDir(), "note")
	c, err := host.New(zerolog.Nop()).Classifier(context.Background(), host.ClassifierConfig{
		Program: plugintest.Program(t, "evil", "1", "texts"), Config: []byte(note),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Classify(context.Background(), column("who"), new(classify.Results)); err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("plugin", string(said))
	time.Sleep(time.Hour)
}
