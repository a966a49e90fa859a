package disk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// both runs a test over the operating system's file system and over the tests' own, which has to behave the same.
func both(t *testing.T, test func(t *testing.T, fsys disk.FS, root string)) {
	t.Helper()
	t.Run("OS", func(t *testing.T) { test(t, disk.OS{}, t.TempDir()) })
	t.Run("Disk", func(t *testing.T) {
		d := pipelinetest.NewDisk()
		must(t, d.MkdirAll("/root"))
		test(t, d, "/root")
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	both(t, func(t *testing.T, fsys disk.FS, root string) {
		name := filepath.Join(root, "f")
		f, err := fsys.Create(name)
		must(t, err)
		for _, s := range []string{"hello ", "world"} {
			_, err = io.WriteString(f, s)
			must(t, err)
		}
		must(t, f.Sync())
		must(t, f.Truncate(8))
		_, err = f.Seek(0, io.SeekStart)
		must(t, err)
		all, err := io.ReadAll(f)
		if string(all) != "hello wo" || err != nil || f.Name() != name {
			t.Errorf("read %q, %v", all, err)
		}
		must(t, f.Close())
		f, err = fsys.Append(name)
		must(t, err)
		_, err = io.WriteString(f, "rld!")
		must(t, err)
		p := make([]byte, 3)
		if n, err := f.ReadAt(p, 6); n != 3 || err != nil || string(p) != "wor" {
			t.Errorf("ReadAt %q, %v", p[:n], err)
		}
		must(t, f.Truncate(14)) // longer: zeros
		info, err := f.Stat()
		must(t, err)
		if info.Size() != 14 || info.Name() != "f" {
			t.Errorf("size %d, name %s", info.Size(), info.Name())
		}
		must(t, f.Close())
		if got, err := disk.ReadFile(fsys, name); string(got) != "hello world!\x00\x00" || err != nil {
			t.Errorf("found %q, %v", got, err)
		}
		if _, err := f.Write(p); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
	})
}

func TestFolders(t *testing.T) {
	both(t, func(t *testing.T, fsys disk.FS, root string) {
		must(t, fsys.MkdirAll(filepath.Join(root, "a", "b")))
		must(t, fsys.MkdirAll(filepath.Join(root, "a", "b")))
		for _, name := range []string{"a/2", "a/b/1", "a/.hidden", "_part/x", "z"} {
			must(t, fsys.MkdirAll(filepath.Dir(filepath.Join(root, name))))
			must(t, disk.WriteFile(fsys, filepath.Join(root, name), []byte(name)))
		}
		files, err := disk.Walk(fsys, root)
		must(t, err)
		want := []string{filepath.Join(root, "a/2"), filepath.Join(root, "a/b/1"), filepath.Join(root, "z")}
		if diff := cmp.Diff(want, files); diff != "" {
			t.Error(diff)
		}
		entries, err := fsys.ReadDir(root)
		must(t, err)
		var names []string
		for _, e := range entries {
			names = append(names, fmt.Sprint(e.Name(), e.IsDir()))
		}
		if diff := cmp.Diff([]string{"_parttrue", "atrue", "zfalse"}, names); diff != "" {
			t.Error(diff)
		}
		must(t, fsys.Rename(filepath.Join(root, "a", "2"), filepath.Join(root, "z")))
		if got, err := disk.ReadFile(fsys, filepath.Join(root, "z")); string(got) != "a/2" || err != nil {
			t.Errorf("after rename found %q, %v", got, err)
		}
		must(t, fsys.SyncDir(root))
		if err := fsys.Remove(filepath.Join(root, "a")); !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, syscall.EEXIST) {
			t.Errorf("remove of a full folder: %v", err)
		}
		must(t, fsys.RemoveAll(filepath.Join(root, "a")))
		must(t, fsys.RemoveAll(filepath.Join(root, "a")))
		must(t, fsys.Remove(filepath.Join(root, "z")))
		if _, err := fsys.Stat(filepath.Join(root, "a")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after remove: %v", err)
		}
	})
}

func TestMissing(t *testing.T) {
	both(t, func(t *testing.T, fsys disk.FS, root string) {
		no := filepath.Join(root, "no", "file")
		for what, op := range map[string]func() error{
			"open":     func() error { _, err := fsys.Open(no); return err },
			"create":   func() error { _, err := fsys.Create(no); return err },
			"append":   func() error { _, err := fsys.Append(no); return err },
			"rename":   func() error { return fsys.Rename(no, filepath.Join(root, "x")) },
			"remove":   func() error { return fsys.Remove(no) },
			"stat":     func() error { _, err := fsys.Stat(no); return err },
			"readdir":  func() error { _, err := fsys.ReadDir(no); return err },
			"syncdir":  func() error { return fsys.SyncDir(no) },
			"walk":     func() error { _, err := disk.Walk(fsys, no); return err },
			"read":     func() error { _, err := disk.ReadFile(fsys, no); return err },
			"write":    func() error { return disk.WriteFile(fsys, no, nil) },
			"make dir": func() error { return errors.Join(fs.ErrNotExist, disk.MakeDir(fsys, filepath.Join(root, "made"))) },
		} {
			if err := op(); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	first, err := disk.OS{}.Lock(name)
	must(t, err)
	_, err = disk.OS{}.Lock(name)
	var held *disk.LockedError
	if !errors.As(err, &held) || held.Error() != fmt.Sprintf("locked by process %d", os.Getpid()) {
		t.Errorf("second lock: %v", err)
	}
	must(t, first.Close())
	again, err := disk.OS{}.Lock(name)
	must(t, err)
	must(t, again.Close())
	if _, err := (disk.OS{}).Lock(filepath.Join(name, "below")); err == nil || errors.As(err, &held) {
		t.Errorf("lock in no folder: %v", err)
	}
	if got := (&disk.LockedError{}).Error(); got != "locked by another process" {
		t.Errorf("error %q", got)
	}
}

// After a crash at any operation, WriteFile has left the old content or the new, whole; after it returned, the new.
func TestWriteFileIsAtomic(t *testing.T) {
	for cut := int64(1); cut <= 7; cut++ {
		for seed := range uint64(50) {
			d := pipelinetest.NewDisk()
			d.Put("/dir/f", []byte("old content"))
			d.CutAt(cut)
			err := disk.WriteFile(d, "/dir/f", []byte("new"))
			switch got := string(d.Crash(seed).Get("/dir/f")); {
			case got == "new":
			case got == "old content" && err != nil:
			default:
				t.Fatalf("cut at operation %d (%v): found %q", cut, err, got)
			}
		}
	}
}

// After MakeDir returned, no crash takes the folder or one of its parents.
func TestMakeDirIsDurable(t *testing.T) {
	for _, killed := range []bool{false, true} {
		for _, name := range []string{"/work/a", "/work/a/b", "/work/a/b/c", "/a"} {
			d := pipelinetest.NewDisk()
			d.Put("/work/keep", nil)
			if killed { // an earlier process died before it synced
				must(t, d.MkdirAll(filepath.Dir(name)))
				if len(filepath.Dir(name)) > len("/work/a") {
					continue // more than MakeDir promises
				}
			}
			must(t, disk.MakeDir(d, name))
			for seed := range uint64(50) {
				if _, err := d.Crash(seed).Stat(name); err != nil {
					t.Fatalf("%s (parents there before: %v), seed %d: %v", name, killed, seed, err)
				}
			}
		}
	}
}

func Example() {
	d := pipelinetest.NewDisk()
	if err := disk.WriteFile(d, "/checkpoint", []byte("epoch 1")); err != nil {
		fmt.Println(err)
	}
	f, _ := d.Create("/careless")
	_, _ = io.WriteString(f, "never synced")

	found := d.Crash(1) // the power is lost
	data, err := disk.ReadFile(found, "/checkpoint")
	fmt.Printf("%s %v\n", data, err)
	_, err = found.Open("/careless")
	fmt.Println(err)
	// Output:
	// epoch 1 <nil>
	// open /careless: no such file or directory
}

func TestSame(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	both(t, func(t *testing.T, fsys disk.FS, root string) {
		a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
		for _, c := range []struct {
			a, b string
			want bool
		}{
			{"", "", true},
			{"one", "one", true},
			{"one", "two", false},
			{"one", "one more", false},
			{long, long, true},
			{long, long + "y", false},
			{long + "y", long + "y", true},
			{long + "y", long + "z", false},
		} {
			must(t, disk.WriteFile(fsys, a, []byte(c.a)))
			must(t, disk.WriteFile(fsys, b, []byte(c.b)))
			if got, err := disk.Same(fsys, a, b); got != c.want || err != nil {
				t.Errorf("%d and %d bytes: %v, %v", len(c.a), len(c.b), got, err)
			}
		}
		if _, err := disk.Same(fsys, a, filepath.Join(root, "none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing file gave %v", err)
		}
	})
}

// A link is a second name, which must be free; the first one can go.
func TestLink(t *testing.T) {
	both(t, func(t *testing.T, fsys disk.FS, root string) {
		draft, name := filepath.Join(root, "draft"), filepath.Join(root, "name")
		must(t, disk.WriteFile(fsys, draft, []byte("one")))
		must(t, fsys.Link(draft, name))
		must(t, fsys.Remove(draft))
		must(t, disk.WriteFile(fsys, draft, []byte("two")))
		if err := fsys.Link(draft, name); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a name that is taken gave %v", err)
		}
		if err := fsys.Link(filepath.Join(root, "none"), filepath.Join(root, "other")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is missing gave %v", err)
		}
		if err := fsys.Link(draft, filepath.Join(root, "gone", "name")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a folder that is missing gave %v", err)
		}
		data, err := disk.ReadFile(fsys, name)
		if string(data) != "one" || err != nil {
			t.Errorf("found %q, %v", data, err)
		}
	})
}
