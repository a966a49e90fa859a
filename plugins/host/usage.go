package host

import (
	"os"
	"time"

	"github.com/prometheus/procfs"
)

// usage is what the processes of a group hold.
type usage struct {
	resident int64         // bytes of memory; what they share counts for each
	cpu      time.Duration // user and system time of the leader, and of children that it has collected
}

// usageOf looks at the group that a process leads. It fails where the system has no /proc.
func usageOf(leader int) (u usage, err error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return u, err
	}
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil || stat.PGRP != leader { // it may have ended meanwhile
			continue
		}
		u.resident += int64(stat.RSS) * int64(os.Getpagesize())
		if p.PID == leader {
			u.cpu = ticks(int64(stat.UTime) + int64(stat.STime) + int64(stat.CUTime) + int64(stat.CSTime))
		}
	}
	return u, nil
}

// ticks are those of /proc, a hundred a second on every architecture that Go runs on.
func ticks(n int64) time.Duration { return time.Duration(n) * (time.Second / 100) }
