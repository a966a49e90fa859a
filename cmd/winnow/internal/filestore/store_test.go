package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

func newStore(t *testing.T) (s *filestore.Store, dir string) {
	t.Helper()
	dir = t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if s, err = filestore.New(t.Context(), db, filepath.Join(dir, "files")); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func put(t *testing.T, s *filestore.Store, account, text string) *filestore.File {
	t.Helper()
	f, err := s.Put(t.Context(), account, "name of "+text, filestore.Batch, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, s *filestore.Store, f *filestore.File) string {
	t.Helper()
	r, err := s.Open(f)
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

// left are the names of all that lies in an account's folder.
func left(t *testing.T, dir, account string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "files", account))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFiles(t *testing.T) {
	s, dir := newStore(t)
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
	if names := left(t, dir, "shop"); len(names) > 0 {
		t.Errorf("left: %v", names)
	}
}

// TestBroken has a reader that fails: its error comes back, and nothing is left.
func TestBroken(t *testing.T) {
	s, dir := newStore(t)
	broken := errors.New("broken")
	_, err := s.Put(t.Context(), "shop", "x", filestore.Batch, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(left(t, dir, "shop")) > 0 {
		t.Errorf("%v, left %v", err, left(t, dir, "shop"))
	}
}

func TestList(t *testing.T) {
	s, _ := newStore(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, put(t, s, "shop", strconv.Itoa(i)).ID)
		put(t, s, "desk", "x")
		for begun := time.Now().UnixMilli(); time.Now().UnixMilli() == begun; { // the order is that of milliseconds
		}
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
	if got := pages(filestore.Listing{Limit: 2, Purpose: filestore.Output}); got != nil {
		t.Errorf("outputs: %v", got)
	}
}

// TestAdopt makes a file of a job's output, and again when that has grown.
func TestAdopt(t *testing.T) {
	s, dir := newStore(t)
	path := filepath.Join(dir, "out")
	for _, text := range []string{"one", "one two"} {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString(text)
		if err := errors.Join(f.Close(), s.Adopt(t.Context(), "file-1-output", "shop", "out.jsonl", "batch_1", path)); err != nil {
			t.Fatal(err)
		}
		all, err := s.Outputs(t.Context(), "batch_1")
		if err != nil || len(all) != 1 || all[0].Bytes != int64(len(text)) || all[0].Purpose != filestore.Output || read(t, s, all[0]) != text {
			t.Errorf("%+v, %v", all, err)
		}
	}
}

func TestUpload(t *testing.T) {
	s, dir := newStore(t)
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
	if diff := cmp.Diff([]string{f.ID}, left(t, dir, "shop")); diff != "" {
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
	if u, err = s.Cancel(ctx, "shop", u.ID); err != nil || u.State != filestore.Cancelled || len(left(t, dir, "shop")) != 1 {
		t.Errorf("%+v, %v, left %v", u, err, left(t, dir, "shop"))
	}
}

// TestSweep removes what no row knows, and nothing else.
func TestSweep(t *testing.T) {
	s, dir := newStore(t)
	if err := s.Sweep(t.Context()); err != nil {
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
	for _, name := range []string{"file-0", "part_0", "part-of-123"} {
		if err := os.WriteFile(filepath.Join(dir, "files", "shop", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{f.ID, part}, left(t, dir, "shop")); diff != "" {
		t.Error(diff)
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
	s, err := filestore.New(ctx, db, filepath.Join(dir, "files"))
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
