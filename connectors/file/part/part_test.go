package part_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// TestRefused opens outputs that must not be written to.
func TestRefused(t *testing.T) {
	prepared := &part.Receipt{Length: 100, Rows: 3}
	for _, c := range []struct {
		name  string
		setup func(t *testing.T, d *pipelinetest.Disk)
		out   func(d disk.FS) output
		begin part.Begin
		want  string // with the remedy after a bar
	}{
		{
			"file exists", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a", "x") }, file("/out/a"),
			part.Begin{},
			"/out/a: output.exists: the output exists and was not written by this run|choose another path, or replace it with --overwrite",
		},
		{
			"file exists, resumed before the first commit", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a", "x") }, file("/out/a"),
			part.Begin{Resumed: true},
			"/out/a: output.exists: the output exists and was not written by this run|choose another path, or replace it with --overwrite",
		},
		{
			"file is a folder", func(t *testing.T, d *pipelinetest.Disk) { mkdir(t, d, "/out/a") }, file("/out/a"),
			part.Begin{Overwrite: true},
			"/out/a: output.exists: the output is a folder|end the path with / to write part files into a folder, or name a file",
		},
		{
			"folder missing", nothing, file("/no/a"),
			part.Begin{},
			"/no/a: output.folder: there is no folder /no|create it, or choose another path",
		},
		{
			"folder is a file", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/b", "x") }, file("/out/b/a"),
			part.Begin{},
			"/out/b/a: output.folder: /out/b is not a folder|create it, or choose another path",
		},
		{
			"not writable", func(t *testing.T, d *pipelinetest.Disk) { failing(d, pipelinetest.OpCreate, syscall.EACCES) }, file("/out/a"),
			part.Begin{},
			"/out/a.part: output.write: not writable: create /out/a.part: permission denied|check permissions and the disk; the same command continues",
		},
		{
			"leftover without state", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a.part", "x") }, file("/out/a"),
			part.Begin{},
			"/out/a: state.missing: /out/a.part is an unfinished output, but there is no state to go on from|start anew with --overwrite",
		},
		{
			"part file gone", nothing, file("/out/a"),
			part.Begin{Last: prepared, Resumed: true},
			"/out/a.part: output.gone: the unfinished output is missing; it held 100 bytes|put it back, or start anew with --overwrite",
		},
		{
			"part file gone, never fresh with overwrite", nothing, file("/out/a"),
			part.Begin{Last: prepared, Overwrite: true},
			"/out/a.part: output.gone: the unfinished output is missing; it held 100 bytes|put it back, or start anew with --overwrite",
		},
		{
			"part file short", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a.part", "x") }, file("/out/a"),
			part.Begin{Last: prepared},
			"/out/a.part: output.gone: the unfinished output has 1 bytes; it held 100|put it back, or start anew with --overwrite",
		},
		{
			"sealed output changed", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a", "x") }, file("/out/a"),
			part.Begin{Last: prepared, Sealing: true},
			"/out/a: output.gone: the output has 1 bytes; it was sealed with 100|put it back, or start anew with --overwrite",
		},
		{
			"sealed output gone", nothing, file("/out/a"),
			part.Begin{Last: prepared, Sealing: true},
			"/out/a.part: output.gone: the unfinished output is missing; it held 100 bytes|put it back, or start anew with --overwrite",
		},
		{
			"folder holds something", func(t *testing.T, d *pipelinetest.Disk) { mkdir(t, d, "/out/a"); write(t, d, "/out/a/b", "x") }, folder("/out/a"),
			part.Begin{},
			"/out/a: output.exists: the output exists and was not written by this run|choose another path, or replace it with --overwrite",
		},
		{
			"folder's name is a file's", func(t *testing.T, d *pipelinetest.Disk) { write(t, d, "/out/a", "x") }, folder("/out/a"),
			part.Begin{},
			"/out/a: output.exists: the output exists and was not written by this run|choose another path, or replace it with --overwrite",
		},
		{
			"folder left without state", func(t *testing.T, d *pipelinetest.Disk) { mkdir(t, d, "/out/a.part") }, folder("/out/a"),
			part.Begin{},
			"/out/a: state.missing: /out/a.part is an unfinished output, but there is no state to go on from|start anew with --overwrite",
		},
		{
			"part folder gone", nothing, folder("/out/a"),
			part.Begin{Last: prepared},
			"/out/a.part: output.gone: the unfinished output is missing; it held 1 part files|put it back, or start anew with --overwrite",
		},
		{
			"sealed folder gone", nothing, folder("/out/a"),
			part.Begin{Last: prepared, Sealing: true},
			"/out/a.part: output.gone: the unfinished output is missing; it held 1 part files|put it back, or start anew with --overwrite",
		},
		{
			"closed part file gone", func(t *testing.T, d *pipelinetest.Disk) { mkdir(t, d, "/out/a.part") }, folder("/out/a"),
			part.Begin{Last: &part.Receipt{Part: 2, Closed: 9}},
			"/out/a.part: output.gone: the unfinished output has 0 closed part files of 0 bytes; there were 2 of 9|put it back, or start anew with --overwrite",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk(t)
			c.setup(t, d)
			before := d.Files()
			err := c.out(d).Open(c.begin)
			e, ok := fault.As(err)
			if !ok {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, e.Error()+"|"+e.Remedy()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, d.Files()); diff != "" {
				t.Error("refused, but changed:", diff)
			}
		})
	}
}

func nothing(*testing.T, *pipelinetest.Disk) {}

func file(path string) func(disk.FS) output {
	return func(d disk.FS) output { return part.NewFile(d, path) }
}

func folder(path string) func(disk.FS) output {
	return func(d disk.FS) output { return part.NewFolder(d, path, ".jsonl", part.Limits{Rows: 2}) }
}

func mkdir(t *testing.T, d *pipelinetest.Disk, name string) {
	t.Helper()
	if err := d.MkdirAll(name); err != nil {
		t.Fatal(err)
	}
}

func failing(d *pipelinetest.Disk, kind pipelinetest.OpKind, err error) {
	d.Hook(func(o pipelinetest.Op) error {
		if o.Kind == kind {
			return err
		}
		return nil
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func prepare(t *testing.T, out output) part.Receipt {
	t.Helper()
	r, err := out.Prepare()
	must(t, err)
	out.Commit(r)
	return r
}

// TestAbort takes back what came after the last commit, part files included, and writes it again.
func TestAbort(t *testing.T) {
	for _, k := range kinds {
		d := newDisk(t)
		out := k.new(d)
		must(t, out.Open(part.Begin{Head: []byte(head)}))
		must(t, out.Write([]byte("gone\n"), 1))
		must(t, out.Abort())
		must(t, out.Abort())
		for i := 0; i < rows; i += 2 {
			must(t, out.Write([]byte("gone too\n"), 1))
			must(t, out.Abort())
			if out.Rows() != int64(i) {
				t.Fatalf("%d rows after abort, want %d", out.Rows(), i)
			}
			must(t, out.Write([]byte(row(i)), 1))
			if i+1 < rows {
				must(t, out.Write([]byte(row(i+1)), 1))
			}
			prepare(t, out)
		}
		r := prepare(t, out)
		must(t, out.Seal(r))
		must(t, out.Seal(r))
		must(t, out.Abort())
		if again, err := out.Prepare(); err != nil || again != r {
			t.Errorf("%s: prepare after the seal: %+v, %v", k.name, again, err)
		}
		must(t, out.Close())
		if got, err := k.read(d); err != nil || got != whole() {
			t.Errorf("%s: %q, %v", k.name, got, err)
		}
	}
}

// TestSealRefuses holds that what appeared under the output's name during the run is not replaced.
func TestSealRefuses(t *testing.T) {
	for _, k := range kinds {
		d := newDisk(t)
		out := k.new(d)
		must(t, out.Open(part.Begin{}))
		r := prepare(t, out)
		k.old(t, d)
		if err := out.Seal(r); !fault.Is(err, fault.OutputExists) {
			t.Errorf("%s: %v", k.name, err)
		}
		must(t, out.Close())
	}
	d := newDisk(t)
	out := part.NewFile(d, "/out/a")
	must(t, out.Open(part.Begin{}))
	r := prepare(t, out)
	write(t, d, "/out/a.part", "changed")
	if err := out.Seal(r); !fault.Is(err, fault.OutputGone) {
		t.Errorf("changed part file: %v", err)
	}
	mkdir(t, d, "/out/b")
	write(t, d, "/out/b/c", "old")
	mkdir(t, d, "/out/b.replaced")
	dir := part.NewFolder(d, "/out/b", ".jsonl", part.Limits{})
	must(t, dir.Open(part.Begin{Overwrite: true}))
	if err := dir.Seal(prepare(t, dir)); !fault.Is(err, fault.OutputExists) || !strings.Contains(err.Error(), "/out/b.replaced") {
		t.Errorf("no room to move the old output aside: %v", err)
	}
}

// TestSyncErrors holds that a failed sync is final: the next one could succeed without the data.
func TestSyncErrors(t *testing.T) {
	for _, op := range []pipelinetest.OpKind{pipelinetest.OpSync, pipelinetest.OpSyncDir} {
		for _, k := range kinds {
			d := newDisk(t)
			out := k.new(d)
			must(t, out.Open(part.Begin{Head: []byte(head)}))
			failing(d, op, syscall.ENOSPC)
			_, err := out.Prepare()
			if !fault.Is(err, fault.StorageIO) || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, %s: %v", k.name, op, err)
			}
			d.Hook(nil)
			must(t, out.Close())
		}
	}
}

// TestTornWrite holds that a write which fails half way, and can't be cut back at once, is cut back later.
func TestTornWrite(t *testing.T) {
	d := newDisk(t)
	out := part.NewFile(d, "/out/a")
	must(t, out.Open(part.Begin{Head: []byte(head)}))
	d.Hook(func(o pipelinetest.Op) error {
		if o.Kind == pipelinetest.OpWrite || o.Kind == pipelinetest.OpTruncate {
			return syscall.ENOSPC
		}
		return nil
	})
	if err := out.Write([]byte(row(0)), 1); !fault.Is(err, fault.StorageFull) {
		t.Fatal(err)
	}
	if _, err := out.Prepare(); !fault.Is(err, fault.StorageFull) {
		t.Errorf("prepare over a torn write: %v", err)
	}
	if err := out.Write([]byte(row(0)), 1); !fault.Is(err, fault.StorageFull) {
		t.Fatal(err)
	}
	d.Hook(nil)
	must(t, out.Write([]byte(row(0)), 1))
	must(t, out.Seal(prepare(t, out)))
	if got := string(d.Get("/out/a")); got != head+row(0) {
		t.Errorf("%q", got)
	}
}

// TestOpenAgain holds that an Open which failed on the way can be called again.
func TestOpenAgain(t *testing.T) {
	for _, k := range kinds {
		d := newDisk(t)
		out := k.new(d)
		failing(d, pipelinetest.OpWrite, syscall.ENOSPC)
		if err := out.Open(part.Begin{Head: []byte(head)}); !fault.Is(err, fault.StorageFull) {
			t.Fatal(err)
		}
		d.Hook(nil)
		must(t, out.Open(part.Begin{Head: []byte(head)}))
		must(t, out.Close())
	}
}

// TestRotation ends part files at the first commit after a limit.
func TestRotation(t *testing.T) {
	d := newDisk(t)
	out := part.NewFolder(d, "/out/a", ".csv", part.Limits{Rows: 3})
	must(t, out.Open(part.Begin{Head: []byte("h\n")}))
	for i := range 10 {
		must(t, out.Write([]byte("r\n"), 1))
		if i%2 == 1 {
			prepare(t, out)
		}
	}
	r := prepare(t, out)
	if want := (part.Receipt{Length: 6, Rows: 10, Part: 2, Closed: 20, PartRows: 2}); r != want {
		t.Errorf("receipt %+v, want %+v", r, want)
	}
	must(t, out.Seal(r))
	var got []string
	for _, f := range d.Files() {
		got = append(got, fmt.Sprintf("%s %q", f, d.Get(f)))
	}
	want := []string{`/out/a/part-00000.csv "h\nr\nr\nr\nr\n"`, `/out/a/part-00001.csv "h\nr\nr\nr\nr\n"`, `/out/a/part-00002.csv "h\nr\nr\n"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if out.Path() != "/out/a" || out.PartPath() != "/out/a.part" {
		t.Error(out.Path(), out.PartPath())
	}
}

func TestDecode(t *testing.T) {
	r := part.Receipt{Length: 1 << 40, Rows: 7, Replace: true, Part: 3, Closed: 5, PartRows: 2}
	data, err := r.Encode()
	must(t, err)
	if got, err := part.Decode(data, "a"); err != nil || *got != r {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := part.Decode(nil, "a"); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := part.Decode([]byte(`{"length":`), "a"); !fault.Is(err, fault.StateDamaged) {
		t.Error(err)
	}
}
