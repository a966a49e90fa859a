package pipelinetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// OpKind names an operation of a Disk.
type OpKind string

// The operations. Seek touches no disk and is not counted.
const (
	OpOpen      OpKind = "open"
	OpCreate    OpKind = "create"
	OpAppend    OpKind = "append"
	OpRead      OpKind = "read"
	OpWrite     OpKind = "write"
	OpTruncate  OpKind = "truncate"
	OpSync      OpKind = "sync"
	OpClose     OpKind = "close"
	OpRename    OpKind = "rename"
	OpLink      OpKind = "link"
	OpRemove    OpKind = "remove"
	OpRemoveAll OpKind = "removeall"
	OpMkdir     OpKind = "mkdir"
	OpStat      OpKind = "stat"
	OpReadDir   OpKind = "readdir"
	OpSyncDir   OpKind = "syncdir"
	OpSeek      OpKind = "seek"
)

// Op is one operation of a Disk.
type Op struct {
	N     int64 // counted from 1 since the disk was made, or came out of Crash or Kill
	Kind  OpKind
	Name  string
	Bytes int
}

// Changes reports whether the operation changes what is on the disk.
func (o Op) Changes() bool {
	return !slices.Contains([]OpKind{OpOpen, OpRead, OpClose, OpStat, OpReadDir, OpSeek}, o.Kind)
}

func (o Op) String() string {
	if o.Bytes > 0 {
		return fmt.Sprintf("%d %s %s %d", o.N, o.Kind, o.Name, o.Bytes)
	}
	return fmt.Sprintf("%d %s %s", o.N, o.Kind, o.Name)
}

// ErrPowerLost is what every operation returns from the one that CutAt named.
var ErrPowerLost = errors.New("power lost")

// FailAt lets the n-th operation fail with err, such as syscall.ENOSPC or syscall.EIO. A write fails after half of its
// bytes.
func (d *Disk) FailAt(n int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failures == nil {
		d.failures = map[int64]error{}
	}
	d.failures[n] = err
}

// Hook calls f before each operation, with the disk locked; an error that it returns is the operation's. Nil removes
// the hook.
func (d *Disk) Hook(f func(Op) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = f
}

// CutAt cuts the power at the n-th operation: it and all later ones return ErrPowerLost. The n-th itself may or may not
// be found by Crash, in part where it is a write.
func (d *Disk) CutAt(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = n
}

// SetCapacity limits the bytes of all files together; negative is without limit. A write beyond it writes what fits
// and returns ENOSPC.
func (d *Disk) SetCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.capacity = bytes
}

// Used returns the bytes of all files.
func (d *Disk) Used() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.root.size()
}

// Ops returns the number of operations so far.
func (d *Disk) Ops() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// Trace records operations from now on.
func (d *Disk) Trace() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tracing = true
}

// Traced returns the recorded operations.
func (d *Disk) Traced() []Op {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.trace)
}

// room is what still fits.
func (d *Disk) room() int64 {
	if d.capacity < 0 {
		return math.MaxInt64 / 2
	}
	return max(d.capacity-d.root.size(), 0)
}

// begin counts an operation and says whether it fails. The operation at which the power is cut returns an error as
// well, but has its effect, of which Crash draws what is left.
func (d *Disk) begin(kind OpKind, name string, bytes int) error {
	d.ops++
	d.tick++
	op := Op{N: d.ops, Kind: kind, Name: name, Bytes: bytes}
	if d.tracing {
		d.trace = append(d.trace, op)
	}
	if d.cutAt > 0 && d.ops >= d.cutAt {
		d.cutting = d.ops == d.cutAt
		return ErrPowerLost
	}
	if err := d.failures[d.ops]; err != nil {
		return err
	}
	if d.hook != nil {
		return d.hook(op)
	}
	return nil
}
