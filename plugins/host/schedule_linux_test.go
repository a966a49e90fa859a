package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/plugins/host"
)

// TestScheduleAsBatch runs in a process of its own, which stays as it is scheduled.
func TestScheduleAsBatch(t *testing.T) {
	const marker = "WINNOW_TEST_BATCH"
	if os.Getenv(marker) != "" {
		showPolicies()
		return
	}
	self := exec.Command(os.Args[0], "-test.run=^TestScheduleAsBatch$", "-test.v")
	self.Env = append(os.Environ(), marker+"=1")
	out, err := self.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "refused: ") {
		t.Skipf("the system does not allow it:\n%s", out)
	}
	const batch = "3"
	if threads, batched := strings.Count(string(out), "thread "), strings.Count(string(out), "thread "+batch+"\n"); threads < 2 || batched != threads {
		t.Errorf("%d of %d threads are scheduled as batch work:\n%s", batched, threads, out)
	}
	if !strings.Contains(string(out), "child "+batch+" <nil> <nil>") {
		t.Errorf("a process that is started is not scheduled alike:\n%s", out)
	}
}

// showPolicies schedules the process as batch work and prints how its threads are scheduled, and a process that is started as a
// plugin is; or that the system refuses it.
func showPolicies() {
	runtime.LockOSThread()
	a, err := unix.SchedGetAttr(0, 0)
	if err == nil {
		a.Policy = unix.SCHED_BATCH
		err = unix.SchedSetAttr(0, a, 0)
	}
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	host.ScheduleAsBatch()
	tasks, err := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		if stat, err := os.ReadFile("/proc/self/task/" + task.Name() + "/stat"); err == nil { // it may have ended
			fmt.Println("thread", policy(stat))
		}
	}
	stat, failed := exec.Command("cat", "/proc/self/stat").Output()
	fmt.Println("child", policy(stat), err, failed)
}

// policy finds the policy in what proc(5) says of a thread, as its 41st field; the 3rd comes behind the last bracket.
func policy(stat []byte) string {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	return fields[41-3]
}
