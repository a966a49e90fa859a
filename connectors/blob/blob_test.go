package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

func keys(t *testing.T, s backing.Store, prefix string) []string {
	t.Helper()
	all := []string{}
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	slices.Sort(all)
	return all
}

func content(t *testing.T, s backing.Store, key string) []byte {
	t.Helper()
	o, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	data, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// random is a blob that takes several parts in S3.
func random(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

// TestStore puts, reads, lists and removes.
func TestStore(t *testing.T) { backing.Blobs(t, testStore) }

func testStore(t *testing.T, s backing.Store) {
	ctx := t.Context()
	large := random(20<<20 + 7)
	for _, b := range []struct {
		key  string
		data []byte
	}{{"batch/a/one/input", []byte("hello\n")}, {"batch/a/one/large", large}, {"batch/a/two/input", []byte("x")}, {"batch/ab/one/empty", nil}} {
		n, err := s.Put(ctx, b.key, iotest.HalfReader(bytes.NewReader(b.data))) // in pieces that are no chunks
		if err != nil || n != int64(len(b.data)) {
			t.Fatalf("%s: %d bytes, %v", b.key, n, err)
		}
		if !bytes.Equal(content(t, s, b.key), b.data) {
			t.Errorf("%s: another content", b.key)
		}
		if info, err := s.Stat(ctx, b.key); err != nil || info.Size != n || info.Key != b.key || time.Since(info.Modified) > time.Hour {
			t.Errorf("%+v, %v", info, err)
		}
	}
	for prefix, want := range map[string][]string{
		"":             {"batch/a/one/input", "batch/a/one/large", "batch/a/two/input", "batch/ab/one/empty"},
		"batch/a/":     {"batch/a/one/input", "batch/a/one/large", "batch/a/two/input"},
		"batch/a/one/": {"batch/a/one/input", "batch/a/one/large"},
		"batch/none/":  {},
	} {
		if diff := cmp.Diff(want, keys(t, s, prefix)); diff != "" {
			t.Errorf("%q: %s", prefix, diff)
		}
	}
	if _, err := s.Put(ctx, "batch/a/two/input", strings.NewReader("another")); err != nil || string(content(t, s, "batch/a/two/input")) != "another" {
		t.Errorf("a blob put again: %v", err)
	}
	o, err := s.Open(ctx, "batch/a/one/large")
	if err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 1000)
	if _, err := o.Seek(9<<20, io.SeekStart); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(o, part); err != nil || !bytes.Equal(part, large[9<<20:9<<20+1000]) {
		t.Errorf("a part: %v", err)
	}
	if end, err := o.Seek(0, io.SeekEnd); err != nil || end != int64(len(large)) {
		t.Errorf("the end is at %d, %v", end, err)
	}
	o.Close()
	if err := blob.RemoveAll(ctx, s, "batch/a/one/"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(ctx, "batch/a/one/input"); err != nil {
		t.Errorf("a blob that is gone: %v", err)
	}
	if diff := cmp.Diff([]string{"batch/a/two/input", "batch/ab/one/empty"}, keys(t, s, "")); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Open(ctx, "batch/a/one/input"); !fault.Is(err, fault.BlobMissing) {
		t.Errorf("open what is gone: %v", err)
	}
	if _, err := s.Stat(ctx, "batch/a/one/input"); !fault.Is(err, fault.BlobMissing) {
		t.Errorf("look for what is gone: %v", err)
	}
	if _, err := s.Fetch(ctx, "batch/a/one/input", t.TempDir()); !fault.Is(err, fault.BlobMissing) {
		t.Errorf("fetch what is gone: %v", err)
	}
	for _, key := range []string{"", ".", "..", "../x", "/x", "a/../../x", "a//b"} {
		if _, err := s.Put(ctx, key, strings.NewReader("x")); err == nil {
			t.Errorf("key %q is taken", key)
		}
		if _, err := s.Open(ctx, key); err == nil {
			t.Errorf("key %q is opened", key)
		}
	}
}

// TestFiles keeps a file of this machine, and makes one of a blob.
func TestFiles(t *testing.T) { backing.Blobs(t, testFiles) }

func testFiles(t *testing.T, s backing.Store) {
	dir, ctx, data := t.TempDir(), t.Context(), random(17<<20)
	name := filepath.Join(dir, "results")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.PutFile(ctx, "batch/a/one/results", name); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(name); err != nil || !bytes.Equal(left, data) {
		t.Errorf("the file itself: %v", err)
	}
	os.Remove(name)
	for range 2 { // the second time it is there
		path, err := s.Fetch(ctx, "batch/a/one/results", filepath.Join(dir, "work"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
			t.Errorf("a blob as a file: %v", err)
		}
	}
}

// TestCut puts what does not come whole: nothing is left, whatever the source says, and however much had come.
func TestCut(t *testing.T) { backing.Blobs(t, testCut) }

func testCut(t *testing.T, s backing.Store) {
	own := errors.New("the client is gone")
	for _, size := range []int{0, 10, 9 << 20, 20 << 20} {
		for _, cause := range []error{own, io.ErrUnexpectedEOF, io.ErrClosedPipe} {
			_, err := s.Put(t.Context(), "batch/a/one/input", io.MultiReader(bytes.NewReader(random(size)), iotest.ErrReader(cause)))
			if !errors.Is(err, cause) {
				t.Errorf("%d bytes, then %v: %v", size, cause, err)
			}
			if left := keys(t, s, ""); len(left) > 0 {
				t.Fatalf("%d bytes, then %v: %v is left", size, cause, left)
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	_, err := s.Put(ctx, "batch/a/one/input", io.MultiReader(bytes.NewReader(random(9<<20)), readFunc(func([]byte) (int, error) {
		stop()
		return 0, ctx.Err()
	})))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a put that is called off: %v", err)
	}
	if err := s.Clean(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if left := keys(t, s, ""); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// TestServe serves a blob over HTTP in ranges.
func TestServe(t *testing.T) { backing.Blobs(t, testServe) }

func testServe(t *testing.T, s backing.Store) {
	if _, err := s.Put(t.Context(), "x", strings.NewReader("0123456789")); err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"bytes=2-4": "234", "bytes=-3": "789", "bytes=8-": "89", "": "0123456789"} {
		o, err := s.Open(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if asked != "" {
			r.Header.Set("Range", asked)
		}
		w := httptest.NewRecorder()
		http.ServeContent(w, r, "", time.Time{}, o)
		o.Close()
		if w.Body.String() != want {
			t.Errorf("%q: %q", asked, w.Body)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:9000", "ftp://x", "http://", "https://user:secret@host", "https://host/path", ":"} {
		_, err := blob.NewBucket(blob.BucketConfig{Endpoint: endpoint, Name: "jobs"})
		if !fault.Is(err, fault.ServerBlobs) || strings.Contains(err.Error(), "secret") {
			t.Errorf("endpoint %q: %v", endpoint, err)
		}
	}
}

func TestBucketName(t *testing.T) {
	for _, name := range []string{"", "b", "Jobs", "a/b", "../jobs"} {
		if _, err := blob.NewBucket(blob.BucketConfig{Endpoint: "http://localhost:9000", Name: name}); !fault.Is(err, fault.ServerBlobs) {
			t.Errorf("bucket %q: %v", name, err)
		}
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
	f, err := blob.NewFolder(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := f.Put(ctx, "batch/shop/one/input.ndjson", strings.NewReader("{}\n")); err != nil {
		fmt.Println(err)
		return
	}
	for info, err := range f.List(ctx, "batch/shop/") {
		fmt.Println(info.Key, info.Size, err)
	}
	// Output: batch/shop/one/input.ndjson 3 <nil>
}
