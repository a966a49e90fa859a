package pipelinetest

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// handle is an open file of a Disk. It keeps working on the same bytes after its name is gone.
type handle struct {
	disk     *Disk
	node     *node
	name     string
	pos      int64
	writable bool
	closed   bool
}

var _ disk.File = (*handle)(nil)

func (h *handle) Name() string { return h.name }

// begin locks the disk and counts the operation. The caller unlocks. An error ends the operation, unless the power is
// being cut in its midst: then it may have had its effect.
func (h *handle) begin(kind OpKind, bytes int) error {
	h.disk.mu.Lock()
	if h.closed {
		return fs.ErrClosed
	}
	if err := h.disk.begin(kind, h.name, bytes); err != nil {
		return err
	}
	switch {
	case h.node.isDir() && kind != OpStat && kind != OpClose:
		return syscall.EISDIR
	case !h.writable && (kind == OpWrite || kind == OpTruncate):
		return syscall.EBADF
	}
	return nil
}

func (h *handle) Read(p []byte) (int, error) {
	defer h.disk.mu.Unlock()
	if err := h.begin(OpRead, len(p)); err != nil {
		return 0, pathError(OpRead, h.name, err)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if h.pos >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[h.pos:])
	h.pos += int64(n)
	return n, nil
}

func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	defer h.disk.mu.Unlock()
	err := h.begin(OpRead, len(p))
	if err == nil && off < 0 {
		err = syscall.EINVAL
	}
	if err != nil {
		return 0, pathError(OpRead, h.name, err)
	}
	if off >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Write writes at the position. A failure that was asked for comes after half of the bytes; a full disk writes what
// fits. A write that the power cut interrupts is drawn by Crash.
func (h *handle) Write(p []byte) (int, error) {
	defer h.disk.mu.Unlock()
	err := h.begin(OpWrite, len(p))
	n := len(p)
	switch {
	case err == nil || h.disk.cutting:
	case h.refuses(err):
		return 0, pathError(OpWrite, h.name, err)
	default:
		n /= 2
	}
	if fits := h.disk.room() + int64(len(h.node.data)) - h.pos; int64(n) > fits {
		n, err = int(max(fits, 0)), syscall.ENOSPC
	}
	if n > 0 {
		h.node.write(h.pos, p[:n])
		h.node.mod = h.disk.tick
		h.pos += int64(n)
	}
	if err != nil {
		return n, pathError(OpWrite, h.name, err)
	}
	return n, nil
}

// refuses tells errors before the write began from those in its midst.
func (h *handle) refuses(err error) bool {
	return h.closed || !h.writable || h.node.isDir() || errors.Is(err, ErrPowerLost)
}

func (h *handle) Seek(offset int64, whence int) (int64, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += h.pos
	case io.SeekEnd:
		offset += int64(len(h.node.data))
	}
	if h.closed {
		return 0, pathError(OpSeek, h.name, fs.ErrClosed)
	}
	if offset < 0 {
		return 0, pathError(OpSeek, h.name, syscall.EINVAL)
	}
	h.pos = offset
	return offset, nil
}

func (h *handle) Sync() error {
	defer h.disk.mu.Unlock()
	if err := h.begin(OpSync, 0); err != nil {
		return pathError(OpSync, h.name, err)
	}
	h.node.sync()
	return nil
}

func (h *handle) Truncate(size int64) error {
	defer h.disk.mu.Unlock()
	err := h.begin(OpTruncate, int(size))
	if err == nil && size < 0 {
		err = syscall.EINVAL
	}
	if err == nil || h.disk.cutting && size >= 0 {
		h.node.truncate(size)
		h.node.mod = h.disk.tick
	}
	if err != nil {
		return pathError(OpTruncate, h.name, err)
	}
	return nil
}

func (h *handle) Stat() (fs.FileInfo, error) {
	defer h.disk.mu.Unlock()
	if err := h.begin(OpStat, 0); err != nil {
		return nil, pathError(OpStat, h.name, err)
	}
	return infoOf(h.node, filepath.Base(h.name)), nil
}

func (h *handle) Close() error {
	defer h.disk.mu.Unlock()
	err := h.begin(OpClose, 0)
	h.closed = true
	if err != nil {
		return pathError(OpClose, h.name, err)
	}
	return nil
}
