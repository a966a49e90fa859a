//go:build integration

package blob_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/test/backing"
)

// TestReach has buckets that can't be used. Each error says what is wrong, and none a secret.
func TestReach(t *testing.T) {
	good := backing.S3(t)
	for _, c := range []struct {
		name        string
		change      func(*blob.BucketConfig)
		key, secret string
		want        string // empty: it can be used
	}{
		{"as it is", func(*blob.BucketConfig) {}, backing.S3Key, backing.S3Secret, ""},
		{"no bucket", func(c *blob.BucketConfig) { c.Name = "nowhere" }, backing.S3Key, backing.S3Secret, "there is no such bucket"},
		{"wrong secret", func(*blob.BucketConfig) {}, backing.S3Key, "canary-5512", "the credentials are refused (SignatureDoesNotMatch)"},
		{"wrong key", func(*blob.BucketConfig) {}, "canary-5512", backing.S3Secret, "the credentials are refused (InvalidAccessKeyId)"},
		{"nobody there", func(c *blob.BucketConfig) { c.Endpoint = "http://127.0.0.1:1" }, backing.S3Key, backing.S3Secret, "no S3 server answers: "},
		{"no host", func(c *blob.BucketConfig) { c.Endpoint = "http://nowhere.invalid" }, backing.S3Key, backing.S3Secret, "there is no such host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", c.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", c.secret)
			cfg := good
			c.change(&cfg)
			b, err := blob.NewBucket(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			err = b.Reach(t.Context())
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !fault.Is(err, fault.ServerBlobs) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
				t.Error(err)
			}
		})
	}
}

// post sends a form, as a browser or curl does, and returns the status.
func post(t *testing.T, address string, fields map[string]string, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range fields {
		_ = form.WriteField(name, value)
	}
	w, err := form.CreateFormFile("file", "input.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(data)
	_ = form.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, &b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// TestPresigned uploads by a form and downloads by an address, without credentials; S3 holds both to what was signed.
func TestPresigned(t *testing.T) {
	b, ctx := backing.Bucket(t), t.Context()
	until := time.Now().Add(time.Hour)
	address, fields, err := b.SignPost(ctx, "batch/a/one/input.ndjson", 100, until)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(map[string]string)
		size   int
		status int
	}{
		{"too large", func(map[string]string) {}, 101, 400},
		{"empty", func(map[string]string) {}, 0, 400},
		{"another key", func(f map[string]string) { f["key"] = "batch/a/two/input.ndjson" }, 10, 403},
		{"another signature", func(f map[string]string) { f["x-amz-signature"] = strings.Repeat("0", 64) }, 10, 403},
		{"as signed", func(map[string]string) {}, 100, 204},
	} {
		sent := make(map[string]string)
		for k, v := range fields {
			sent[k] = v
		}
		c.change(sent)
		if status := post(t, address, sent, bytes.Repeat([]byte("x"), c.size)); status != c.status {
			t.Errorf("%s: status %d, want %d", c.name, status, c.status)
		}
	}
	if err := b.Copy(ctx, "batch/a/one/input.ndjson", "batch/a/one/input-1.ndjson"); err != nil {
		t.Fatal(err)
	}
	get, err := b.SignGet(ctx, "batch/a/one/input-1.ndjson", "results.ndjson", until)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, get, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=90-")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusPartialContent || string(data) != "xxxxxxxxxx" ||
		answer.Header.Get("Content-Disposition") != `attachment; filename="results.ndjson"` {
		t.Errorf("%v, status %d, %q, %v", err, answer.StatusCode, data, answer.Header)
	}
	if err := b.Copy(ctx, "batch/none", "batch/x"); !fault.Is(err, fault.BlobMissing) {
		t.Errorf("copy what is not there: %v", err)
	}
}

// TestClean removes the parts of a put whose process has died.
func TestClean(t *testing.T) {
	cfg := backing.S3(t)
	b, err := blob.NewBucket(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	core, err := minio.NewCore(strings.TrimPrefix(cfg.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(backing.S3Key, backing.S3Secret, ""), Region: cfg.Region, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	id, err := core.NewMultipartUpload(t.Context(), cfg.Name, "batch/a/one/input", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := core.PutObjectPart(t.Context(), cfg.Name, "batch/a/one/input", id, 1, strings.NewReader("x"), 1, minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
	unfinished := func() int {
		r, err := core.ListMultipartUploads(t.Context(), cfg.Name, "", "", "", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Uploads)
	}
	if err := b.Clean(t.Context(), time.Now().Add(-time.Hour)); err != nil || unfinished() != 1 {
		t.Errorf("one that may go on: %v, %d left", err, unfinished())
	}
	if err := b.Clean(t.Context(), time.Now().Add(time.Hour)); err != nil || unfinished() != 0 {
		t.Errorf("one that is given up: %v, %d left", err, unfinished())
	}
}
