package part_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// output is what File and Folder have in common.
type output interface {
	Open(b part.Begin) error
	Write(p []byte, rows int64) error
	Rows() int64
	Prepare() (part.Receipt, error)
	Commit(r part.Receipt)
	Abort() error
	Seal(r part.Receipt) error
	Close() error
}

// kind makes outputs and reads what was published.
type kind struct {
	name string
	new  func(d disk.FS) output
	read func(d disk.FS) (string, error) // the published lines; fs.ErrNotExist before the seal
	// old puts an older output in place.
	old func(t *testing.T, d disk.FS)
}

var kinds = []kind{
	{
		name: "file",
		new:  func(d disk.FS) output { return part.NewFile(d, "/out/a.jsonl") },
		read: func(d disk.FS) (string, error) {
			data, err := disk.ReadFile(d, "/out/a.jsonl")
			return string(data), err
		},
		old: func(t *testing.T, d disk.FS) { write(t, d, "/out/a.jsonl", "old") },
	},
	{
		name: "folder",
		new: func(d disk.FS) output {
			return part.NewFolder(d, "/out/a", ".jsonl", part.Limits{Bytes: 40})
		},
		read: readFolder,
		old: func(t *testing.T, d disk.FS) {
			if err := d.MkdirAll("/out/a"); err != nil {
				t.Fatal(err)
			}
			write(t, d, "/out/a/part-00007.jsonl", "old")
		},
	},
}

func readFolder(d disk.FS) (string, error) {
	names, err := disk.Walk(d, "/out/a")
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for i, name := range names {
		data, err := disk.ReadFile(d, name)
		if err != nil {
			return "", err
		}
		rows, found := strings.CutPrefix(string(data), head)
		if !found {
			return "", fmt.Errorf("%s begins with %q", name, data)
		}
		if i == 0 {
			rows = head + rows
		}
		all.WriteString(rows)
	}
	return all.String(), nil
}

func write(t *testing.T, d disk.FS, name, data string) {
	t.Helper()
	if err := disk.WriteFile(d, name, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func newDisk(t *testing.T) *pipelinetest.Disk {
	t.Helper()
	d := pipelinetest.NewDisk()
	for _, dir := range []string{"/out", "/state"} {
		if err := d.MkdirAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	return d
}

const (
	head     = "head\n"
	rows     = 23
	epoch    = 4 // rows a commit
	statFile = "/state/checkpoint"
)

func row(i int) string { return fmt.Sprintf("row-%02d\n", i) }

// whole is what a run publishes.
func whole() string {
	var b strings.Builder
	b.WriteString(head)
	for i := range rows {
		b.WriteString(row(i))
	}
	return b.String()
}

// checkpoint is the state of the little engine below.
type checkpoint struct {
	Next    int
	Sealing bool
	Done    bool
	Receipt *part.Receipt
}

// run is an engine in small: it goes on from the checkpoint on the disk, and ends with the output published.
func run(d disk.FS, out output, overwrite bool) error {
	var cp checkpoint
	data, err := disk.ReadFile(d, statFile)
	resumed := err == nil
	switch {
	case resumed:
		if err := json.Unmarshal(data, &cp); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	default:
		if err := record(d, cp); err != nil {
			return err
		}
	}
	if cp.Done {
		return nil
	}
	if err := retry(func() error {
		return out.Open(part.Begin{Last: cp.Receipt, Resumed: resumed, Sealing: cp.Sealing, Overwrite: overwrite, Head: []byte(head)})
	}); err != nil {
		return err
	}
	for !cp.Sealing {
		if err := runEpoch(d, out, &cp); err != nil {
			return err
		}
	}
	if err := retry(func() error { return out.Seal(*cp.Receipt) }); err != nil {
		return err
	}
	cp.Done = true
	return errors.Join(record(d, cp), out.Close())
}

func runEpoch(d disk.FS, out output, cp *checkpoint) error {
	for range epoch {
		if cp.Next == rows {
			cp.Sealing = true
			break
		}
		if err := retry(func() error { return out.Write([]byte(row(cp.Next)), 1) }); err != nil {
			return err
		}
		cp.Next++
	}
	err := retry(func() error {
		r, err := out.Prepare()
		cp.Receipt = &r
		return err
	})
	if err != nil {
		return err
	}
	if err := record(d, *cp); err != nil {
		return err
	}
	out.Commit(*cp.Receipt)
	return nil
}

func record(d disk.FS, cp checkpoint) error {
	data, err := json.Marshal(cp)
	if err != nil {
		return err
	}
	return retry(func() error { return disk.WriteFile(d, statFile, data) })
}

// retry tries again what is transient, as the engine does.
func retry(f func() error) error {
	for range 3 {
		err := f()
		if err == nil || !fault.Is(err, fault.StorageFull) {
			return err
		}
	}
	return errors.New("still full")
}
