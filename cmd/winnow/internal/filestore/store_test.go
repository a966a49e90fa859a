package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// scene is a store of files with what it keeps them in.
type scene struct {
	*filestore.Store
	db    *database.DB
	blobs backing.Store
}

// everywhere runs a test over every kind of database and of blobs.
func everywhere(t *testing.T, test func(t *testing.T, s scene)) {
	t.Helper()
	backing.Everywhere(t, func(t *testing.T, open backing.Open, blobs backing.Store) {
		db := open()
		s, err := filestore.New(t.Context(), db, blobs)
		if err != nil {
			t.Fatal(err)
		}
		test(t, scene{s, db, blobs})
	})
}

func put(t *testing.T, s scene, account, text string) *filestore.File {
	t.Helper()
	f, err := s.Put(t.Context(), account, "name of "+text, filestore.Batch, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, s scene, f *filestore.File) string {
	t.Helper()
	r, err := s.Open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// left are the names of all blobs of an account.
func (s scene) left(t *testing.T, account string) []string {
	t.Helper()
	var names []string
	for info, err := range s.blobs.List(t.Context(), "files/"+account+"/") {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, path.Base(info.Key))
	}
	slices.Sort(names)
	return names
}

func TestFiles(t *testing.T) { everywhere(t, testFiles) }

func testFiles(t *testing.T, s scene) {
	f := put(t, s, "shop", "one")
	if f.Bytes != 3 || f.Name != "name of one" || f.Account != "shop" || read(t, s, f) != "one" {
		t.Errorf("%+v", f)
	}
	for _, do := range []func(id string) error{
		func(id string) error { _, err := s.Get(t.Context(), "desk", id); return err },
		func(id string) error { return s.Delete(t.Context(), "desk", id) },
		func(id string) error {
			_, err := s.List(t.Context(), "desk", filestore.Listing{Limit: 1, After: id})
			return err
		},
	} {
		foreign, never := do(f.ID), do("file-x")
		if !fault.Is(foreign, fault.FileUnknown) || foreign.Error() != never.Error() {
			t.Errorf("%v, and of one that never was %v", foreign, never)
		}
	}
	if err := s.Delete(t.Context(), "shop", f.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "shop", f.ID); !fault.Is(err, fault.FileUnknown) {
		t.Error(err)
	}
	if names := s.left(t, "shop"); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

// TestBroken has a reader that fails: its error comes back, and nothing is left.
func TestBroken(t *testing.T) { everywhere(t, testBroken) }

func testBroken(t *testing.T, s scene) {
	broken := errors.New("broken")
	_, err := s.Put(t.Context(), "shop", "x", filestore.Batch, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(s.left(t, "shop")) > 0 {
		t.Errorf("%v, left %v", err, s.left(t, "shop"))
	}
}

func TestList(t *testing.T) { everywhere(t, testList) }

func testList(t *testing.T, s scene) {
	var ids []string
	for i := range 5 {
		ids = append(ids, put(t, s, "shop", strconv.Itoa(i)).ID)
		put(t, s, "desk", "x")
		backing.Tick()
	}
	pages := func(l filestore.Listing) (got []string) {
		for {
			page, err := s.List(t.Context(), "shop", l)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				return got
			}
			for _, f := range page {
				got = append(got, f.ID)
			}
			l.After = got[len(got)-1]
		}
	}
	if diff := cmp.Diff(ids, pages(filestore.Listing{Limit: 2, Oldest: true, Purpose: filestore.Batch})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{ids[4], ids[3], ids[2], ids[1], ids[0]}, pages(filestore.Listing{Limit: 2})); diff != "" {
		t.Error(diff)
	}
	if got := pages(filestore.Listing{Limit: 2, Purpose: filestore.BatchOutput}); got != nil {
		t.Errorf("outputs: %v", got)
	}
}

// TestAdopt makes a file of a job's output, and again when that has grown.
func TestAdopt(t *testing.T) { everywhere(t, testAdopt) }

func testAdopt(t *testing.T, s scene) {
	name := filepath.Join(t.TempDir(), "out")
	for i, c := range []struct {
		text, want string
		whole      bool
	}{
		{"one\ntwo\nthr", "one\ntwo\n", false}, // the third line is not committed
		{"one\ntwo\nthree\n", "one\ntwo\nthree\n", true},
		{"one\ntwo\nthree\n", "one\ntwo\nthree\n", true},
	} {
		if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := s.Adopt(t.Context(), filestore.Output{
			ID: "file-1-output", Account: "shop", Job: "batch_1", Name: "out.jsonl", Path: name, Whole: c.whole, Lines: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Outputs(t.Context(), "batch_1")
		if err != nil || len(all) != 1 || all[0].Bytes != int64(len(c.want)) || all[0].Purpose != filestore.BatchOutput || read(t, s, all[0]) != c.want {
			t.Errorf("%d: %+v, %v", i, all, err)
		}
	}
}

func TestUpload(t *testing.T) { everywhere(t, testUpload) }

func testUpload(t *testing.T, s scene) {
	ctx := t.Context()
	u, err := s.Begin(ctx, "shop", "r.jsonl", filestore.Batch, 6)
	if err != nil || u.State != filestore.Pending {
		t.Fatal(u, err)
	}
	var parts []string
	for _, text := range []string{"def", "abc"} {
		id, err := s.Add(ctx, "shop", u.ID, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, id)
	}
	if _, err := s.Add(ctx, "desk", u.ID, strings.NewReader("x")); !fault.Is(err, fault.FileUnknown) {
		t.Errorf("as another account: %v", err)
	}
	if _, _, err := s.Complete(ctx, "shop", u.ID, parts[:1]); !fault.Is(err, fault.FileParts) {
		t.Errorf("a part is missing: %v", err)
	}
	done, f, err := s.Complete(ctx, "shop", u.ID, []string{parts[1], parts[0]})
	if err != nil || done.State != filestore.Completed || done.File != f.ID || f.Name != "r.jsonl" || read(t, s, f) != "abcdef" {
		t.Fatal(done, f, err)
	}
	if diff := cmp.Diff([]string{f.ID}, s.left(t, "shop")); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Cancel(ctx, "shop", u.ID); !fault.Is(err, fault.FileState) {
		t.Errorf("cancelled after its end: %v", err)
	}
	if u, err = s.Begin(ctx, "shop", "r.jsonl", filestore.Batch, 6); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(ctx, "shop", u.ID, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if u, err = s.Cancel(ctx, "shop", u.ID); err != nil || u.State != filestore.Cancelled || len(s.left(t, "shop")) != 1 {
		t.Errorf("%+v, %v, left %v", u, err, s.left(t, "shop"))
	}
}

// TestSweep removes what no row knows, and nothing else; and it ends uploads whose time is over.
// TestMany begins more uploads than an account may have, and gives one more parts than it may have.
func TestMany(t *testing.T) { everywhere(t, testMany) }

func testMany(t *testing.T, s scene) {
	begin := func(account string) (*filestore.Upload, error) {
		return s.Begin(t.Context(), account, "x", filestore.Batch, 2)
	}
	u, err := begin("shop")
	for range filestore.MostUploads - 1 {
		if err == nil {
			_, err = begin("shop")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begin("shop"); !fault.Is(err, fault.FileMany) {
		t.Errorf("one more: %v", err)
	}
	if _, err := begin("desk"); err != nil {
		t.Error(err)
	}
	for range 4 {
		if _, err := s.Add(t.Context(), "shop", u.ID, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Add(t.Context(), "shop", u.ID, strings.NewReader("x")); !fault.Is(err, fault.FileMany) || len(s.left(t, "shop")) != 4 {
		t.Errorf("one more part: %v, and there are %v", err, s.left(t, "shop"))
	}
	if _, err := s.Cancel(t.Context(), "shop", u.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := begin("shop"); err != nil {
		t.Errorf("one is cancelled: %v", err)
	}
}

func TestSweep(t *testing.T) { everywhere(t, testSweep) }

func testSweep(t *testing.T, s scene) {
	long := time.Now().Add(time.Hour)
	if err := s.Sweep(t.Context(), long); err != nil {
		t.Errorf("of nothing: %v", err)
	}
	f := put(t, s, "shop", "one")
	u, err := s.Begin(t.Context(), "shop", "x", filestore.Batch, 3)
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.Add(t.Context(), "shop", u.ID, strings.NewReader("abc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file-0", "part_0"} {
		if _, err := s.blobs.Put(t.Context(), "files/shop/"+name, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{f.ID, "file-0", part, "part_0"}
	for _, settled := range []time.Time{time.Now().Add(-time.Hour), long} {
		if err := s.Sweep(t.Context(), settled); err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, s.left(t, "shop")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		want = []string{f.ID, part}
	}
	if _, err := s.db.ExecContext(t.Context(), `UPDATE uploads SET created = created - 3600001`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), "shop", u.ID, strings.NewReader("x")); !fault.Is(err, fault.FileState) {
		t.Errorf("a part that is late: %v", err)
	}
	if err := s.Sweep(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	if u, err = s.Upload(t.Context(), "shop", u.ID); err != nil || u.State != filestore.Expired {
		t.Errorf("%+v %v", u, err)
	}
	if diff := cmp.Diff([]string{f.ID}, s.left(t, "shop")); diff != "" {
		t.Error(diff)
	}
}

// TestDrop removes what a job has left, and nothing of another one's.
func TestDrop(t *testing.T) { everywhere(t, testDrop) }

func testDrop(t *testing.T, s scene) {
	name := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(name, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"1", "2"} {
		o := filestore.Output{ID: "file-" + id, Account: "shop", Job: "batch_" + id, Name: "out.jsonl", Path: name, Whole: true}
		if err := s.Adopt(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Drop(t.Context(), "batch_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "shop", "file-1"); !fault.Is(err, fault.FileUnknown) {
		t.Errorf("the job's: %v", err)
	}
	if _, err := s.Get(t.Context(), "shop", "file-2"); err != nil || len(s.left(t, "shop")) != 1 {
		t.Errorf("another one's: %v, left %v", err, s.left(t, "shop"))
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	blobs, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := filestore.New(ctx, db, blobs)
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := s.Put(ctx, "shop", "requests.jsonl", filestore.Batch, strings.NewReader(`{"custom_id":"a"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Get(ctx, "desk", f.ID)
	fmt.Println(f.Name, f.Bytes, err)
	// Output: requests.jsonl 17 file.unknown: there is no such file
}
