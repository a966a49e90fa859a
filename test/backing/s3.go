package backing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/connectors/blob"
)

// The credentials that the S3 server takes.
const (
	S3Key    = "winnow"
	S3Secret = "winnow-secret"
)

type s3Server struct{ address, dir string }

var (
	startS3 = sync.OnceValues(func() (s3Server, error) {
		address, dir, err := server("services", []string{"start", "s3"}, []string{"stop", "s3"})
		return s3Server{address, dir}, err
	})
	bucketNumber atomic.Int64
)

// S3 returns where a new, empty bucket of an S3 server is, which runs until the package's tests end, and sets the
// credentials in the test's environment.
func S3(t *testing.T) blob.BucketConfig {
	t.Helper()
	s, err := startS3()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test%d", bucketNumber.Add(1))
	if err := os.Mkdir(filepath.Join(s.dir, "data", name), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", S3Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", S3Secret)
	return blob.BucketConfig{Endpoint: "http://" + s.address, Region: "us-east-1", Name: name, PathStyle: true}
}

// Age makes everything that is in a bucket, and what uploads have left unfinished there, so much older, once the server has
// not written there for a second: it may still be at the requests of a client that was killed.
func Age(t *testing.T, bucket blob.BucketConfig, by time.Duration) {
	t.Helper()
	s, err := startS3()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(s.dir, "data", bucket.Name)
	for begun := time.Now(); ; {
		var last time.Time
		each(t, folder, func(_ string, changed time.Time) error {
			if changed.After(last) {
				last = changed
			}
			return nil
		})
		if time.Since(last) > time.Second {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatal("the S3 server writes on and on")
		}
		time.Sleep(100 * time.Millisecond)
	}
	each(t, folder, func(path string, changed time.Time) error {
		changed = changed.Add(-by)
		return os.Chtimes(path, changed, changed)
	})
}

// each goes over what is in a folder, and when it changed. What is gone in the meantime is none of it.
func each(t *testing.T, folder string, do func(path string, changed time.Time) error) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		var info fs.FileInfo
		if err == nil {
			info, err = e.Info()
		}
		if err == nil {
			err = do(path, info.ModTime())
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Bucket is a new, empty bucket.
func Bucket(t *testing.T) *blob.Bucket {
	t.Helper()
	b, err := blob.NewBucket(S3(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func bucket(t *testing.T) Store { return Bucket(t) }
