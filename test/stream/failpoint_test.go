//go:build integration

package stream

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/test/broker"
)

// TestFailpoints lets a process die at every step of an epoch's commit; the next one goes on.
func TestFailpoints(t *testing.T) {
	fragile := filepath.Join(t.TempDir(), "winnow")
	build := exec.Command("go", "build", "-tags", "failpoint", "-o", fragile, "../../cmd/winnow")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cluster := broker.Start(t)
	for name, out := range map[string]output{"kafka": toKafka{}, "jsonl": toFiles{format: "jsonl"}} {
		for _, point := range failpoint.StreamNames {
			if kind, _, _ := strings.Cut(point, "."); kind == "kafka" && name != "kafka" || kind == "commitlog" && name == "kafka" {
				continue // the other's
			}
			t.Run(name+"/"+point, func(t *testing.T) {
				t.Parallel() // most of it is waiting for sessions to end
				s := newScene(t, cluster, out, "")
				s.feed.begin(2_000)
				p := s.start(fragile, point+":3")
				select {
				case <-p.done:
				case <-time.After(time.Minute):
					t.Fatal("it did not die")
				}
				if code := p.cmd.ProcessState.ExitCode(); code != -1 {
					t.Fatalf("it ended with %d, rather than by the signal", code)
				}
				p = s.run()
				s.settle(0)
				p.end()
			})
		}
	}
}
