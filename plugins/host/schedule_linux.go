package host

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// ScheduleAsBatch has the system schedule this process and those that it starts from then on for throughput (SCHED_BATCH): a thread
// that gets something to do waits for a CPU rather than take one from another thread in the middle of its work. With a plugin, batches
// go to and fro between two processes that keep all CPUs busy, and each message would interrupt one of them. Where CPUs are
// idle, it changes nothing. A policy that somebody chose for the process stays; what the system refuses is left as it is.
func ScheduleAsBatch() {
	for changed := true; changed; { // a thread that is started meanwhile may have the old policy
		changed = false
		tasks, _ := os.ReadDir("/proc/self/task")
		for _, t := range tasks {
			if id, err := strconv.Atoi(t.Name()); err == nil && scheduleAsBatch(id) {
				changed = true
			}
		}
	}
}

// scheduleAsBatch tells whether it changed a thread's policy.
func scheduleAsBatch(thread int) bool {
	a, err := unix.SchedGetAttr(thread, 0)
	if err != nil || a.Policy != unix.SCHED_NORMAL {
		return false
	}
	a.Policy = unix.SCHED_BATCH
	return unix.SchedSetAttr(thread, a, 0) == nil
}
