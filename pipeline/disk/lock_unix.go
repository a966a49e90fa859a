//go:build unix

package disk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// Locker is the capability of a file system that can keep a second process out.
type Locker interface {
	// Lock takes a file's exclusive lock until the result is closed or the process ends. Where another process has it,
	// the error is a *LockedError.
	Lock(name string) (io.Closer, error)
}

// LockedError says who holds a lock.
type LockedError struct {
	PID string // empty where it is unknown
}

func (e *LockedError) Error() string {
	if e.PID == "" {
		return "locked by another process"
	}
	return "locked by process " + e.PID
}

var _ Locker = OS{}

// Lock takes a flock on a file, which then holds this process's id.
func (OS) Lock(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _ := io.ReadAll(io.LimitReader(f, 20))
		return nil, errors.Join(&LockedError{PID: strings.TrimSpace(string(pid))}, f.Close())
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
