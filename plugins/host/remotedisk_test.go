package host_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/rpc"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// diskServer lends a disk of this process to others, so that a sink in a process of its own writes to a disk that loses power.
type diskServer struct {
	fs disk.FS

	mu    sync.Mutex
	files map[int]disk.File // guarded by mu
	next  int               // guarded by mu
}

// diskServers are those that are open.
type diskServers struct{ all []io.Closer }

func (d *diskServers) close() {
	for _, c := range d.all {
		c.Close()
	}
	d.all = nil
}

// serve serves a disk on a socket, and returns the socket's path.
func (d *diskServers) serve(t testing.TB, fsys disk.FS) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "d")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := rpc.NewServer()
	if err := s.RegisterName("Disk", &diskServer{fs: fsys, files: make(map[int]disk.File)}); err != nil {
		t.Fatal(err)
	}
	go s.Accept(l)
	d.all = append(d.all, l)
	return path
}

// DiskCall is an operation, by the name of its method. Its name is exported for net/rpc.
type DiskCall struct {
	Op, Name, To string
	File         int
	Data         []byte
	Offset       int64
	Whence       int
}

// DiskReply is what became of it. Err is one of the errors that sinks look at, by its number; 0: none.
type DiskReply struct {
	Err  syscall.Errno
	Text string
	File int
	N    int64
}

// Do does an operation.
func (d *diskServer) Do(c DiskCall, r *DiskReply) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	open := func(f disk.File, e error) {
		if err = e; err == nil {
			d.next++
			d.files[d.next], r.File = f, d.next
		}
	}
	f := d.files[c.File]
	switch c.Op {
	case "Create":
		open(d.fs.Create(c.Name))
	case "Append":
		open(d.fs.Append(c.Name))
	case "Rename":
		err = d.fs.Rename(c.Name, c.To)
	case "Remove":
		err = d.fs.Remove(c.Name)
	case "SyncDir":
		err = d.fs.SyncDir(c.Name)
	case "Stat":
		var info fs.FileInfo
		if info, err = d.fs.Stat(c.Name); err == nil {
			r.N = info.Size()
		}
	case "Write":
		var n int
		n, err = f.Write(c.Data)
		r.N = int64(n)
	case "Seek":
		r.N, err = f.Seek(c.Offset, c.Whence)
	case "Truncate":
		err = f.Truncate(c.Offset)
	case "Sync":
		err = f.Sync()
	case "Close":
		err = f.Close()
		delete(d.files, c.File)
	case "Size":
		var info fs.FileInfo
		if info, err = f.Stat(); err == nil {
			r.N = info.Size()
		}
	}
	if err != nil {
		r.Text = err.Error()
		if !errors.As(err, &r.Err) {
			r.Err = syscall.EIO
		}
		if errors.Is(err, fs.ErrNotExist) {
			r.Err = syscall.ENOENT
		}
	}
	return nil
}

// remoteDisk is a disk that is served by serveDisk. It does what a DiskSink needs.
type remoteDisk struct {
	disk.FS // nil: what is not below is not needed
	client  *rpc.Client
}

func dialDisk(path string) (*remoteDisk, error) {
	c, err := rpc.Dial("unix", path)
	return &remoteDisk{client: c}, err
}

func (d *remoteDisk) do(c DiskCall) (r DiskReply, err error) {
	if err := d.client.Call("Disk.Do", c, &r); err != nil {
		return r, err
	}
	if r.Err != 0 {
		return r, &fs.PathError{Op: c.Op + " (" + r.Text + ")", Path: c.Name, Err: r.Err}
	}
	return r, nil
}

func (d *remoteDisk) open(op, name string) (disk.File, error) {
	r, err := d.do(DiskCall{Op: op, Name: name})
	return &remoteFile{disk: d, id: r.File}, err
}

func (d *remoteDisk) Create(name string) (disk.File, error) { return d.open("Create", name) }
func (d *remoteDisk) Append(name string) (disk.File, error) { return d.open("Append", name) }

func (d *remoteDisk) Rename(from, to string) error {
	_, err := d.do(DiskCall{Op: "Rename", Name: from, To: to})
	return err
}

func (d *remoteDisk) Remove(name string) error {
	_, err := d.do(DiskCall{Op: "Remove", Name: name})
	return err
}

func (d *remoteDisk) SyncDir(name string) error {
	_, err := d.do(DiskCall{Op: "SyncDir", Name: name})
	return err
}

func (d *remoteDisk) Stat(name string) (fs.FileInfo, error) {
	r, err := d.do(DiskCall{Op: "Stat", Name: name})
	return remoteInfo{size: r.N}, err
}

// remoteFile is an open file of a remoteDisk.
type remoteFile struct {
	disk.File // nil: what is not below is not needed
	disk      *remoteDisk
	id        int
}

func (f *remoteFile) do(c DiskCall) (int64, error) {
	c.File = f.id
	r, err := f.disk.do(c)
	return r.N, err
}

func (f *remoteFile) Write(p []byte) (int, error) {
	n, err := f.do(DiskCall{Op: "Write", Data: p})
	return int(n), err
}

func (f *remoteFile) Seek(offset int64, whence int) (int64, error) {
	return f.do(DiskCall{Op: "Seek", Offset: offset, Whence: whence})
}

func (f *remoteFile) Truncate(size int64) error {
	_, err := f.do(DiskCall{Op: "Truncate", Offset: size})
	return err
}

func (f *remoteFile) Sync() error {
	_, err := f.do(DiskCall{Op: "Sync"})
	return err
}

func (f *remoteFile) Close() error {
	_, err := f.do(DiskCall{Op: "Close"})
	return err
}

func (f *remoteFile) Stat() (fs.FileInfo, error) {
	n, err := f.do(DiskCall{Op: "Size"})
	return remoteInfo{size: n}, err
}

// remoteInfo knows a file's size.
type remoteInfo struct {
	fs.FileInfo // nil
	size        int64
}

func (i remoteInfo) Size() int64 { return i.size }
