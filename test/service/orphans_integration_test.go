//go:build integration

package service

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// place is what a server keeps its rows and blobs in.
type place struct {
	settings []string
	database func(t *testing.T, dir string) *database.DB
	// kept are the keys of all blobs, and of what puts have left unfinished.
	kept func(t *testing.T, dir string) []string
	// age makes everything older than whatever may still be on its way to its row.
	age func(t *testing.T)
}

// embedded is a server's own folder. Nobody else uses it, so nothing is on its way there when a server starts.
var embedded = place{
	database: func(t *testing.T, dir string) *database.DB {
		t.Helper()
		db, err := database.Open(t.Context(), filepath.Join(dir, "winnow-data"))
		if err != nil {
			t.Fatal(err)
		}
		return db
	},
	kept: func(t *testing.T, dir string) []string {
		t.Helper()
		var all []string
		root := filepath.Join(dir, "winnow-data", "blobs")
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				key, _ := filepath.Rel(root, path) // it is below
				all = append(all, filepath.ToSlash(key))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	},
	age: func(*testing.T) {},
}

// shared is a new PostgreSQL database and a new bucket, which other servers might use.
func shared(t *testing.T) place {
	t.Helper()
	address, bucket := backing.Postgres(t), backing.S3(t)
	return place{
		settings: []string{
			"WINNOW_SERVE_STORE_POSTGRES=" + address,
			"WINNOW_SERVE_BLOBS_S3_BUCKET=" + bucket.Name, "WINNOW_SERVE_BLOBS_S3_ENDPOINT=" + bucket.Endpoint, "WINNOW_SERVE_BLOBS_S3_PATH_STYLE=true",
		},
		database: func(t *testing.T, _ string) *database.DB {
			t.Helper()
			db, err := database.Postgres(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			return db
		},
		kept: func(t *testing.T, _ string) []string {
			t.Helper()
			return objects(t, bucket)
		},
		age: func(t *testing.T) {
			t.Helper()
			backing.Age(t, bucket, 25*time.Hour)
		},
	}
}

// objects are the keys of a bucket's objects, and of its uploads that did not come to their end.
func objects(t *testing.T, bucket blob.BucketConfig) []string {
	t.Helper()
	client, err := minio.New(strings.TrimPrefix(bucket.Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(backing.S3Key, backing.S3Secret, "")})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for o := range client.ListObjectsIter(t.Context(), bucket.Name, minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		all = append(all, o.Key)
	}
	for u := range client.ListIncompleteUploads(t.Context(), bucket.Name, "", true) {
		if u.Err != nil {
			t.Fatal(u.Err)
		}
		all = append(all, u.Key)
	}
	return all
}

// swept holds what a server keeps to what its clients see: every job has the blobs that its status tells of, no blob and
// no row is there beside them, and no folder of a job that has ended.
func (p place) swept(t *testing.T, dir string, clients ...*client) {
	t.Helper()
	want := []string{"winnow.database"} // the mark of whose blobs they are
	ended := make(map[string]bool)
	for _, c := range clients {
		for _, j := range c.list(t) {
			if j.Total > 0 {
				want = append(want, j.JobID+" input")
			}
			if j.Status == "completed" {
				ended[j.JobID] = true
				want = append(want, j.JobID+" results")
			}
		}
	}
	var got []string
	for _, key := range p.kept(t, dir) {
		if folder, name := path.Split(key); folder != "" {
			what, _, _ := strings.Cut(name, "-")
			key = path.Base(folder) + " " + what
		}
		got = append(got, key)
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("blobs (-want +got)\n%s", diff)
	}
	db := p.database(t, dir)
	defer db.Close()
	for _, rows := range []string{`jobs WHERE state = 'deleting'`, `downloads WHERE job NOT IN (SELECT id FROM jobs)`, `outbox WHERE job NOT IN (SELECT id FROM jobs)`} {
		var n int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+rows).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d %s: %v", n, rows, err)
		}
	}
	folders, err := os.ReadDir(filepath.Join(dir, "winnow-data", "work"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, f := range folders {
		if ended[f.Name()] {
			t.Errorf("the folder of %s, which is completed", f.Name())
		}
	}
}

// list are an account's jobs, all of them.
func (c *client) list(t *testing.T) []status {
	t.Helper()
	var all []status
	for after := ""; ; after = "&after=" + all[len(all)-1].JobID {
		code, data, err := c.send(t, http.MethodGet, "/v1/batch?limit=100"+after, "", http.NoBody)
		var page []status
		if err == nil {
			err = json.Unmarshal(data, &page)
		}
		if err != nil || code != http.StatusOK {
			t.Fatalf("%v, status %d: %s", err, code, data)
		}
		if all = append(all, page...); len(page) < 100 {
			return all
		}
	}
}

// killedBetween kills a server while an upload comes in, while jobs are started, and while jobs are deleted. Afterwards
// every job that was started completes, and there is nothing but what the jobs have.
func killedBetween(t *testing.T, at place) {
	bin, dir, c := build(t), t.TempDir(), new(client)
	const many = 20
	for range 3 {
		s := start(t, bin, dir, at.settings...)
		c.address.Store(&s.address)
		half := c.must(t, http.MethodPost, "/v1/batch", `{"labels":["a","b"]}`)
		var ids []string
		for range 2 * many {
			ids = append(ids, c.uploaded(t, []byte(`{"text":"refund"}`+"\n")))
		}
		arrived := make(chan struct{})
		quiet, end := io.Pipe() // the rest of the upload: nothing, for as long as the server lives
		// Larger than a part of an upload to S3, so that some of it is there already.
		kind, body := form(half.UploadFields["key"], io.MultiReader(bytes.NewReader(bytes.Repeat([]byte("{}\n"), 8<<20)), tells{arrived}, quiet))
		var asking sync.WaitGroup
		asking.Go(func() { _, _, _ = c.send(t, http.MethodPost, half.UploadURL, kind, body) })
		<-arrived
		var deleted, started atomic.Int64
		count := func(n *atomic.Int64, method, path string) {
			asking.Go(func() {
				if _, _, err := c.send(t, method, path, "", http.NoBody); err == nil {
					n.Add(1)
				}
			})
		}
		for i := range many {
			count(&deleted, http.MethodDelete, "/v1/batch/"+ids[i])
			count(&started, http.MethodPost, "/v1/batch/"+ids[many+i]+"/start?queue=true")
		}
		for deleted.Load() == 0 || started.Load() == 0 { // then the others are on their way
			time.Sleep(time.Millisecond)
		}
		s.kill()
		_ = end.CloseWithError(io.ErrUnexpectedEOF)
		asking.Wait()
		t.Logf("killed after %d deletions and %d starts of %d each", deleted.Load(), started.Load(), many)
	}
	at.age(t)
	s := start(t, bin, dir, at.settings...)
	c.address.Store(&s.address)
	for _, j := range c.list(t) {
		if j.State != "pending" {
			c.watch(t, j.JobID, 0)
		}
	}
	at.swept(t, dir, c)
}

// TestKilledBetween kills a server with the embedded store.
func TestKilledBetween(t *testing.T) { killedBetween(t, embedded) }

// TestKilledBetweenShared kills a server on PostgreSQL and S3.
func TestKilledBetweenShared(t *testing.T) { killedBetween(t, shared(t)) }

// tells is a reader at its end, that says when it is read.
type tells struct{ read chan<- struct{} }

// Read says so.
func (r tells) Read([]byte) (int, error) {
	close(r.read)
	return 0, io.EOF
}

// starts starts a job 400 times at once: one of the requests does it.
func starts(t *testing.T, at place) {
	s, c := start(t, build(t), t.TempDir(), at.settings...), new(client)
	c.address.Store(&s.address)
	id := c.uploaded(t, []byte(`{"text":"refund"}`+"\n"))
	var asking sync.WaitGroup
	var accepted, refused atomic.Int64
	begin := make(chan struct{})
	for range 400 {
		asking.Go(func() {
			<-begin
			switch code, data, err := c.send(t, http.MethodPost, "/v1/batch/"+id+"/start", "", http.NoBody); {
			case err == nil && code == http.StatusAccepted:
				accepted.Add(1)
			case err == nil && code == http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("%v, status %d: %s", err, code, data)
			}
		})
	}
	close(begin)
	asking.Wait()
	if accepted.Load() != 1 || refused.Load() != 399 {
		t.Errorf("%d times 202, %d times 409", accepted.Load(), refused.Load())
	}
	c.watch(t, id, 0)
}

// TestStarts asks a server with the embedded store.
func TestStarts(t *testing.T) { starts(t, embedded) }

// TestStartsShared asks a server on PostgreSQL and S3.
func TestStartsShared(t *testing.T) { starts(t, shared(t)) }
