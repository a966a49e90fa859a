package dbfs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/dbfs"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func newFS(t *testing.T, db *database.DB) *dbfs.FS {
	t.Helper()
	f, err := dbfs.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAsDisk does the same things to a folder of the operating system and to the database: the outcomes are the same.
func TestAsDisk(t *testing.T) {
	backing.Databases(t, func(t *testing.T, open backing.Open) {
		want := things(t, disk.OS{}, t.TempDir())
		got := things(t, newFS(t, open()), "root")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-disk +database)\n%s", diff)
		}
	})
}

// things does all that a file system can do, and writes down what came of it.
func things(t *testing.T, f disk.FS, root string) []string {
	t.Helper()
	var said []string
	say := func(what string, err error, more ...any) {
		kind := "done"
		for _, k := range []error{fs.ErrNotExist, fs.ErrExist} {
			if errors.Is(err, k) {
				kind = k.Error()
			}
		}
		if err != nil && kind == "done" {
			kind = "refused"
		}
		said = append(said, fmt.Sprint(append([]any{what, ": ", kind, " "}, more...)...))
	}
	in := func(name string) string { return filepath.Join(root, name) }
	read := func(name string) {
		data, err := disk.ReadFile(f, in(name))
		say("read "+name, err, string(data))
	}
	list := func(name string) {
		entries, err := f.ReadDir(in(name))
		names := []string{}
		for _, e := range entries {
			names = append(names, fmt.Sprint(e.Name(), e.IsDir()))
		}
		say("list "+name, err, names)
	}
	say("make", f.MkdirAll(in("a/b")))
	say("make again", f.MkdirAll(in("a/b")))
	list("nothing")
	list("a/b")
	say("write", disk.WriteFile(f, in("a/x"), []byte("one")))
	say("write over", disk.WriteFile(f, in("a/x"), []byte("two")))
	read("a/x")
	read("a/y")
	list("a")
	say("link", f.Link(in("a/x"), in("a/b/z")))
	say("link again", f.Link(in("a/x"), in("a/b/z")))
	say("link of nothing", f.Link(in("a/none"), in("a/b/w")))
	say("rename of nothing", f.Rename(in("a/none"), in("a/b/w")))
	say("rename", f.Rename(in("a/x"), in("a/b/w")))
	read("a/b/z")
	read("a/b/w")
	list("a")
	list("a/b")
	say("remove what is not empty", f.Remove(in("a")))
	say("remove", f.Remove(in("a/b/w")))
	say("remove again", f.Remove(in("a/b/w")))
	o, err := f.Append(in("a/log"))
	say("append", err)
	_, err = io.WriteString(o, "12345")
	say("write", errors.Join(err, o.Truncate(3), o.Close()))
	if o, err = f.Append(in("a/log")); err == nil {
		_, err = io.WriteString(o, "4")
	}
	_, seekErr := o.Seek(1, io.SeekStart)
	rest, readErr := io.ReadAll(o)
	say("append more", errors.Join(err, seekErr, readErr), string(rest), o.Name() == in("a/log"))
	info, err := o.Stat()
	say("stat of what is open", errors.Join(err, o.Sync(), o.Close()), info.Name(), info.Size(), info.IsDir())
	read("a/log")
	if o, err = f.Open(in("a/log")); err == nil {
		_, err = io.WriteString(o, "x")
		defer o.Close()
	}
	say("write to what is only read", err)
	info, err = f.Stat(in("a/log"))
	say("stat", err, info.Size(), info.IsDir(), info.Mode().IsRegular())
	info, err = f.Stat(in("a"))
	say("stat of a folder", err, info.IsDir())
	_, err = f.Stat(in("a/none"))
	say("stat of nothing", err)
	_, err = f.Create(in("a"))
	say("create where a folder is", nil, err != nil)
	say("remove all", f.RemoveAll(in("a")))
	say("remove all again", f.RemoveAll(in("a")))
	list("a")
	say("sync", f.SyncDir(root))
	return said
}

// TestLock keeps a second holder out, and lets it in again.
func TestLock(t *testing.T) {
	backing.Databases(t, func(t *testing.T, open backing.Open) {
		one, two := newFS(t, open()), newFS(t, open())
		held, err := one.Lock("l")
		if err != nil {
			t.Fatal(err)
		}
		var locked *disk.LockedError
		if _, err := two.Lock("l"); !errors.As(err, &locked) {
			t.Errorf("while it is held: %v", err)
		}
		if other, err := two.Lock("m"); err != nil || other.Close() != nil {
			t.Errorf("another one: %v", err)
		}
		if err := held.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := two.Lock("l")
		if err != nil {
			t.Fatal(err)
		}
		if err := held.Close(); err != nil { // it gives back nothing of others
			t.Error(err)
		}
		if _, err := one.Lock("l"); !errors.As(err, &locked) {
			t.Errorf("held by the second: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestCatalogs has two processes save classifiers at once: each save gets a number of its own, both see all of them, and of
// those that replace the same version one succeeds.
func TestCatalogs(t *testing.T) {
	backing.Databases(t, func(t *testing.T, open backing.Open) {
		var all []*catalog.Catalog
		for range 2 {
			c, err := catalog.New(catalog.Config{Dir: "classifiers/shop", FS: newFS(t, open())})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		draft := func(label string) catalog.Draft {
			return catalog.Draft{Name: "support", Backend: catalog.Backend{Name: "static", Format: 1}, Labels: classify.LabelSet{{Name: label}, {Name: "other"}}}
		}
		first, err := all[0].Save(t.Context(), draft("first"))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				d := draft(fmt.Sprint("label", i))
				if i >= 3 {
					d.Replaces = first.Hash
				}
				_, errs[i] = all[i%2].Save(t.Context(), d)
			})
		}
		wg.Wait()
		stale := 0
		for i, err := range errs {
			if i >= 3 && fault.Is(err, fault.ClassifierStale) {
				stale++
			} else if err != nil {
				t.Error(err)
			}
		}
		if stale < 2 {
			t.Errorf("%d of 3 that replace the same version were too late", stale)
		}
		for _, c := range all {
			e, err := c.Entry("support")
			if err != nil {
				t.Fatal(err)
			}
			var numbers []int
			for _, v := range e.Versions {
				numbers = append(numbers, v.Number)
			}
			if !slices.IsSorted(numbers) || len(slices.Compact(numbers)) != 7-stale {
				t.Errorf("versions %v", numbers)
			}
		}
		r, err := catalog.ParseReference("support")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all[1].Delete(t.Context(), r, false); err != nil {
			t.Fatal(err)
		}
		if _, err := all[0].Resolve("support"); !fault.Is(err, fault.ClassifierUnknown) {
			t.Errorf("deleted by the other one: %v", err)
		}
	})
}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := database.Open(context.Background(), dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	f, err := dbfs.New(context.Background(), db)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = errors.Join(f.MkdirAll("notes"), disk.WriteFile(f, "notes/one", []byte("hello")))
	data, readErr := disk.ReadFile(f, "notes/one")
	fmt.Println(strings.ToUpper(string(data)), err, readErr)
	// Output: HELLO <nil> <nil>
}
