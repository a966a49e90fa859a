package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/plugins/host"
)

// TestScheduleAsBatch runs in a process of its own, which stays as it is scheduled.
func TestScheduleAsBatch(t *testing.T) {
	const marker = "WINNOW_TEST_BATCH"
	if os.Getenv(marker) != "" {
		host.ScheduleAsBatch()
		tasks, err := os.ReadDir("/proc/self/task")
		for _, task := range tasks {
			if stat, err := os.ReadFile("/proc/self/task/" + task.Name() + "/stat"); err == nil { // it may have ended
				fmt.Println("thread", policy(stat))
			}
		}
		stat, catErr := exec.Command("cat", "/proc/self/stat").Output() // started as a plugin is
		fmt.Println("child", policy(stat), err, catErr)
		return
	}
	self := exec.Command(os.Args[0], "-test.run=^TestScheduleAsBatch$", "-test.v")
	self.Env = append(os.Environ(), marker+"=1")
	out, err := self.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const batch = "3"
	if threads, batched := strings.Count(string(out), "thread "), strings.Count(string(out), "thread "+batch+"\n"); threads < 2 || batched != threads {
		t.Errorf("%d of %d threads are scheduled as batch work:\n%s", batched, threads, out)
	}
	if !strings.Contains(string(out), "child "+batch+" <nil> <nil>") {
		t.Errorf("a process that is started is not scheduled alike:\n%s", out)
	}
}

// policy finds the policy in what proc(5) says of a thread, as its 41st field; the 3rd comes behind the last bracket.
func policy(stat []byte) string {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return fields[41-3]
}
