package pipelinetest_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file with content, synced or not.
func write(t *testing.T, d *pipelinetest.Disk, name, content string, sync bool) {
	t.Helper()
	f, err := d.Create(name)
	must(t, err)
	_, err = io.WriteString(f, content)
	must(t, err)
	if sync {
		must(t, f.Sync())
	}
	must(t, f.Close())
}

// outcomes collects what a file holds after many crashes; "-" where it is gone.
func outcomes(d *pipelinetest.Disk, name string) map[string]int {
	found := map[string]int{}
	for seed := range uint64(200) {
		c := d.Crash(seed)
		content := "-"
		if data := c.Get(name); data != nil {
			content = string(data)
		}
		found[content]++
	}
	return found
}

func only(t *testing.T, found map[string]int, want string) {
	t.Helper()
	if len(found) != 1 || found[want] == 0 {
		t.Errorf("after crashes found %v, want only %q", found, want)
	}
}

func several(t *testing.T, found map[string]int, want ...string) {
	t.Helper()
	for _, w := range want {
		if found[w] == 0 {
			t.Errorf("after crashes never found %q, only %v", w, found)
		}
	}
}

func TestDiskKeepsWhatWasSynced(t *testing.T) {
	d := pipelinetest.NewDisk()
	must(t, d.MkdirAll("/a/b"))
	must(t, d.SyncDir("/"))
	must(t, d.SyncDir("/a"))
	write(t, d, "/a/b/f", "content", true)
	several(t, outcomes(d, "/a/b/f"), "-", "content")
	must(t, d.SyncDir("/a/b"))
	only(t, outcomes(d, "/a/b/f"), "content")
}

func TestDiskLosesUnsyncedBytes(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/f", "old", true)
	must(t, d.SyncDir("/"))
	f, err := d.Append("/f")
	must(t, err)
	for _, s := range []string{"one", "two"} {
		_, err = io.WriteString(f, s)
		must(t, err)
	}
	found := outcomes(d, "/f")
	several(t, found, "old", "oldone", "oldonetwo", "oldo", "oldonet", "old\x00\x00\x00two", "old\x00\x00\x00\x00\x00\x00")
	for content := range found {
		if !strings.HasPrefix(content, "old") {
			t.Errorf("lost what was synced: %q", content)
		}
	}
	must(t, f.Sync())
	only(t, outcomes(d, "/f"), "oldonetwo")
	must(t, f.Truncate(4))
	several(t, outcomes(d, "/f"), "oldonetwo", "oldo")
	must(t, f.Sync())
	only(t, outcomes(d, "/f"), "oldo")
}

func TestDiskCreateOverOldContent(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/f", "old", true)
	must(t, d.SyncDir("/"))
	write(t, d, "/f", "new", false)
	several(t, outcomes(d, "/f"), "old", "", "n", "new")
}

func TestDiskRenameIsAtomic(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/old", "old", true)
	must(t, d.SyncDir("/"))
	write(t, d, "/tmp", "new", true)
	must(t, d.Rename("/tmp", "/old"))
	for seed := range uint64(200) {
		switch got := string(d.Crash(seed).Get("/old")); got {
		case "old", "new":
		default:
			t.Fatalf("seed %d: found %q", seed, got)
		}
	}
	several(t, outcomes(d, "/old"), "old", "new")
	must(t, d.SyncDir("/"))
	only(t, outcomes(d, "/old"), "new")
	only(t, outcomes(d, "/tmp"), "-")
}

func TestDiskRenameWithoutFileSyncTears(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/tmp", "new", false)
	must(t, d.Rename("/tmp", "/f"))
	must(t, d.SyncDir("/"))
	several(t, outcomes(d, "/f"), "", "n", "new", "\x00\x00\x00")
}

func TestDiskRenameBetweenFoldersNeedsBothSynced(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/a/f", []byte("x"))
	d.Put("/b/other", nil)
	must(t, d.Rename("/a/f", "/b/f"))
	must(t, d.SyncDir("/b"))
	several(t, outcomes(d, "/b/f"), "-", "x")
	for seed := range uint64(50) {
		c := d.Crash(seed)
		if (c.Get("/a/f") == nil) == (c.Get("/b/f") == nil) {
			t.Fatalf("seed %d: the rename was torn: %v", seed, c.Files())
		}
	}
	must(t, d.SyncDir("/a"))
	only(t, outcomes(d, "/b/f"), "x")
	only(t, outcomes(d, "/a/f"), "-")
}

func TestDiskLosesEntriesOneByOne(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/a", "a", true)
	write(t, d, "/b", "b", true)
	found := map[string]int{}
	for seed := range uint64(200) {
		found[strings.Join(d.Crash(seed).Files(), " ")]++
	}
	several(t, found, "", "/a", "/b", "/a /b")
}

func TestDiskRemove(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/dir/sub/f", []byte("x"))
	d.Put("/dir/g", []byte("y"))
	if err := d.Remove("/dir"); !errors.Is(err, syscall.ENOTEMPTY) {
		t.Errorf("remove of a full folder: %v", err)
	}
	must(t, d.RemoveAll("/dir/sub"))
	must(t, d.RemoveAll("/dir/sub"))
	must(t, d.RemoveAll("/no/such/folder"))
	several(t, outcomes(d, "/dir/sub/f"), "-", "x")
	must(t, d.SyncDir("/dir"))
	only(t, outcomes(d, "/dir/sub/f"), "-")
	must(t, d.Remove("/dir/g"))
	several(t, outcomes(d, "/dir/g"), "-", "y")
	if err := d.Remove("/dir/g"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("second remove: %v", err)
	}
}

func TestDiskLostFolderTakesItsContent(t *testing.T) {
	d := pipelinetest.NewDisk()
	must(t, d.MkdirAll("/dir"))
	write(t, d, "/dir/f", "x", true)
	must(t, d.SyncDir("/dir"))
	several(t, outcomes(d, "/dir/f"), "-", "x")
	must(t, d.SyncDir("/"))
	only(t, outcomes(d, "/dir/f"), "x")
}

func TestDiskCrashIsDeterministicAndApart(t *testing.T) {
	d := pipelinetest.NewDisk()
	for i := range 20 {
		write(t, d, fmt.Sprintf("/f%d", i), "content", i%3 == 0)
	}
	for seed := range uint64(20) {
		a, b := d.Crash(seed), d.Crash(seed)
		if diff := cmp.Diff(contents(a), contents(b)); diff != "" {
			t.Fatalf("seed %d differs:\n%s", seed, diff)
		}
	}
	before := contents(d)
	c := d.Crash(1)
	write(t, c, "/f0", "changed", true)
	if diff := cmp.Diff(before, contents(d)); diff != "" {
		t.Errorf("a crashed copy changed its origin:\n%s", diff)
	}
}

func contents(d *pipelinetest.Disk) map[string]string {
	all := map[string]string{}
	for _, name := range d.Files() {
		all[name] = string(d.Get(name))
	}
	return all
}

func TestDiskKillKeepsAllButNotForGood(t *testing.T) {
	d := pipelinetest.NewDisk()
	write(t, d, "/f", "content", false)
	k := d.Kill()
	write(t, d, "/f", "later", true)
	must(t, d.SyncDir("/"))
	if got := string(k.Get("/f")); got != "content" {
		t.Errorf("after kill found %q", got)
	}
	several(t, outcomes(k, "/f"), "-", "", "content", "cont")
	must(t, k.SyncDir("/"))
	f, err := k.Append("/f")
	must(t, err)
	must(t, f.Sync())
	only(t, outcomes(k, "/f"), "content")
}

func TestDiskFailsAtTheNthOperation(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.FailAt(3, syscall.ENOSPC)
	f, err := d.Create("/f") // 1
	must(t, err)
	_, err = io.WriteString(f, "abcd") // 2
	must(t, err)
	n, err := io.WriteString(f, "efgh") // 3
	if n != 2 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("failing write: %d, %v", n, err)
	}
	if want := "write /f: no space left on device"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	_, err = io.WriteString(f, "gh") // 4
	must(t, err)
	if got := string(d.Get("/f")); got != "abcdefgh" {
		t.Errorf("found %q", got)
	}
	if d.Ops() != 4 {
		t.Errorf("%d operations", d.Ops())
	}
}

func TestDiskEveryOperationCanFail(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/dir/f", []byte("x"))
	f, err := d.Append("/dir/f")
	must(t, err)
	broken := errors.New("broken")
	d.Hook(func(pipelinetest.Op) error { return broken })
	before := contents(d)
	for name, op := range map[string]func() error{
		"open":      func() error { _, err := d.Open("/dir/f"); return err },
		"create":    func() error { _, err := d.Create("/dir/f"); return err },
		"append":    func() error { _, err := d.Append("/dir/g"); return err },
		"rename":    func() error { return d.Rename("/dir/f", "/dir/g") },
		"remove":    func() error { return d.Remove("/dir/f") },
		"removeall": func() error { return d.RemoveAll("/dir") },
		"mkdir":     func() error { return d.MkdirAll("/new") },
		"stat":      func() error { _, err := d.Stat("/dir/f"); return err },
		"readdir":   func() error { _, err := d.ReadDir("/dir"); return err },
		"syncdir":   func() error { return d.SyncDir("/dir") },
		"read":      func() error { _, err := f.Read(make([]byte, 1)); return err },
		"readat":    func() error { _, err := f.ReadAt(make([]byte, 1), 0); return err },
		"write":     func() error { _, err := f.Write([]byte("y")); return err },
		"truncate":  func() error { return f.Truncate(0) },
		"sync":      f.Sync,
		"fstat":     func() error { _, err := f.Stat(); return err },
		"close":     f.Close,
	} {
		if err := op(); !errors.Is(err, broken) && name != "write" && !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, contents(d)); diff != "" {
		t.Errorf("failed operations changed the disk:\n%s", diff)
	}
}

func TestDiskRunsFull(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/used", make([]byte, 6))
	d.SetCapacity(10)
	f, err := d.Create("/f")
	must(t, err)
	n, err := io.WriteString(f, "abcdef")
	if n != 4 || !errors.Is(err, syscall.ENOSPC) || d.Used() != 10 {
		t.Errorf("write on a full disk: %d, %v, %d used", n, err, d.Used())
	}
	must(t, d.Remove("/used"))
	_, err = io.WriteString(f, "ef")
	must(t, err)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Error(err)
	}
	d.SetCapacity(6)
	_, err = io.WriteString(f, "ABCDEF") // needs no more room
	must(t, err)
	d.SetCapacity(-1)
	_, err = io.WriteString(f, "more")
	must(t, err)
}

func TestDiskPowerCut(t *testing.T) {
	// The interrupted operation is found or not, later ones never happen.
	seen := map[string]int{}
	for seed := range uint64(100) {
		d := pipelinetest.NewDisk()
		write(t, d, "/a", "x", true) // operations 1 to 4
		must(t, d.SyncDir("/"))      // 5
		d.CutAt(6)
		if err := d.Rename("/a", "/b"); !errors.Is(err, pipelinetest.ErrPowerLost) {
			t.Fatal(err)
		}
		if err := d.Remove("/b"); !errors.Is(err, pipelinetest.ErrPowerLost) {
			t.Fatal(err)
		}
		if _, err := d.Create("/c"); !errors.Is(err, pipelinetest.ErrPowerLost) {
			t.Fatal(err)
		}
		seen[strings.Join(d.Crash(seed).Files(), " ")]++
	}
	several(t, seen, "/a", "/b")
	if len(seen) != 2 {
		t.Errorf("found %v", seen)
	}
}

func TestDiskFiles(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/dir/f", []byte("hello world"))
	f, err := d.Open("/dir/f")
	must(t, err)
	if _, err := f.Write([]byte("x")); !errors.Is(err, syscall.EBADF) {
		t.Errorf("write to a file opened for reading: %v", err)
	}
	if err := f.Truncate(0); !errors.Is(err, syscall.EBADF) {
		t.Errorf("truncate of a file opened for reading: %v", err)
	}
	p := make([]byte, 8)
	if n, err := f.ReadAt(p, 6); n != 5 || !errors.Is(err, io.EOF) {
		t.Errorf("ReadAt: %d, %v", n, err)
	}
	if pos, err := f.Seek(-5, io.SeekEnd); pos != 6 || err != nil {
		t.Errorf("Seek: %d, %v", pos, err)
	}
	rest, err := io.ReadAll(f)
	if string(rest) != "world" || err != nil {
		t.Errorf("read %q, %v", rest, err)
	}
	must(t, d.Remove("/dir/f"))
	if n, err := f.ReadAt(p, 0); n != 8 || err != nil {
		t.Errorf("ReadAt after remove: %d, %v", n, err)
	}
	info, err := f.Stat()
	must(t, err)
	if info.Size() != 11 || info.Name() != "f" || info.IsDir() || !info.Mode().IsRegular() || info.ModTime().IsZero() {
		t.Errorf("info %+v", info)
	}
	must(t, f.Close())
	if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
	if _, err := f.Seek(0, io.SeekStart); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("seek after close: %v", err)
	}
}

func TestDiskRefusals(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/dir/f", nil)
	d.Put("/dir2/f", nil)
	for _, c := range []struct {
		name string
		op   func() error
		want error
	}{
		{"open missing", func() error { _, err := d.Open("/no"); return err }, fs.ErrNotExist},
		{"create in a missing folder", func() error { _, err := d.Create("/no/f"); return err }, fs.ErrNotExist},
		{"create over a folder", func() error { _, err := d.Create("/dir"); return err }, syscall.EISDIR},
		{"append to a folder", func() error { _, err := d.Append("/dir"); return err }, syscall.EISDIR},
		{"file as a folder", func() error { _, err := d.Create("/dir/f/g"); return err }, syscall.ENOTDIR},
		{"mkdir below a file", func() error { return d.MkdirAll("/dir/f/g") }, syscall.ENOTDIR},
		{"rename missing", func() error { return d.Rename("/no", "/x") }, fs.ErrNotExist},
		{"rename to a missing folder", func() error { return d.Rename("/dir/f", "/no/x") }, fs.ErrNotExist},
		{"rename over a full folder", func() error { return d.Rename("/dir", "/dir2") }, syscall.ENOTEMPTY},
		{"rename of a folder over a file", func() error { return d.Rename("/dir2", "/dir/f") }, syscall.EISDIR},
		{"rename onto itself", func() error { return d.Rename("/dir/f", "/dir/f") }, nil},
		{"stat missing", func() error { _, err := d.Stat("/no"); return err }, fs.ErrNotExist},
		{"list a file", func() error { _, err := d.ReadDir("/dir/f"); return err }, syscall.ENOTDIR},
		{"list missing", func() error { _, err := d.ReadDir("/no"); return err }, fs.ErrNotExist},
		{"sync a file as a folder", func() error { return d.SyncDir("/dir/f") }, syscall.ENOTDIR},
		{"remove the root", func() error { return d.Remove("/") }, syscall.EINVAL},
	} {
		if err := c.op(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestDiskTrace(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Trace()
	must(t, disk.WriteFile(d, "/f", []byte("abc")))
	var got []string
	changes := 0
	for _, op := range d.Traced() {
		got = append(got, op.String())
		if op.Changes() {
			changes++
		}
	}
	want := []string{
		"1 create /f.tmp", "2 write /f.tmp 3", "3 sync /f.tmp", "4 close /f.tmp",
		"5 rename /f.tmp -> /f", "6 syncdir /",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if changes != 5 {
		t.Errorf("%d changes", changes)
	}
}

// A link is lost by a power loss before its folder is synced, and stays after that, whole.
func TestLinkIsDurableAfterSyncDir(t *testing.T) {
	d := pipelinetest.NewDisk()
	d.Put("/a/draft", []byte("text"))
	if err := d.Link("/a/draft", "/a/name"); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for seed := range uint64(50) {
		if d.Crash(seed).Get("/a/name") == nil {
			lost++
		}
	}
	if lost == 0 || lost == 50 {
		t.Errorf("lost in %d of 50", lost)
	}
	if err := d.SyncDir("/a"); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove("/a/draft"); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		if got := d.Crash(seed).Get("/a/name"); string(got) != "text" {
			t.Fatalf("found %q", got)
		}
	}
}
