//go:build integration

package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// postForm sends a form to the bucket.
func postForm(t *testing.T, address string, fields [][2]string, file []byte) (status int, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		_ = form.WriteField(f[0], f[1])
	}
	w, err := form.CreateFormFile("file", "input.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(file)
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
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// newPresigned is a server whose clients upload to a bucket and download from it by themselves.
func newPresigned(t *testing.T, run bool, change ...func(*api.Config)) (*httptest.Server, *blob.Bucket) {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	bucket := backing.Bucket(t)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return newJobsOn(t, db, bucket, run, append(change, func(c *api.Config) { c.Uploads.Via, c.Downloads.Via = "s3", "s3" })...), bucket
}

// TestStrictS3 has a real S3 server judge the forms that a strict server judges by itself.
func TestStrictS3(t *testing.T) {
	server, _ := newPresigned(t, false, func(c *api.Config) { c.Limits.Upload = 10_000 })
	for _, c := range signedForms {
		t.Run(c.name, func(t *testing.T) {
			m := makeJob(t, server, nil, labelled)
			c.try(t, m, func(fields [][2]string, file []byte) (int, []byte) { return postForm(t, m.UploadURL, fields, file) })
		})
	}
}

// TestPresigned has a client upload to the bucket and download from it by itself: the job reads what was there when it was
// started, whatever comes later, and counts it.
func TestPresigned(t *testing.T) {
	server, bucket := newPresigned(t, true)
	m := makeJob(t, server, nil, labelled)
	if strings.HasPrefix(m.UploadURL, server.URL) || m.InputKey != m.UploadFields["key"] {
		t.Errorf("%+v", m)
	}
	path := "/v1/batch/" + m.JobID
	if p := problemOf(t, send(t, server, http.MethodPost, path+"/start", nil, "")); p.Code != "UPLOAD_MISSING" {
		t.Errorf("start without an upload: %s", p.Code)
	}
	var fields [][2]string
	for name, value := range m.UploadFields {
		fields = append(fields, [2]string{name, value})
	}
	for _, file := range []string{"{}\n", input} {
		if status, _ := postForm(t, m.UploadURL, fields, []byte(file)); status != http.StatusNoContent {
			t.Fatalf("upload: status %d", status)
		}
	}
	if r := send(t, server, http.MethodPost, path+"/start", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Fatalf("start: status %d %s", r.StatusCode, r.body)
	}
	postForm(t, m.UploadURL, fields, []byte("too late\n"))
	if s := finished(t, server, m.JobID); s["requests_total"] != 5.0 || s["requests_completed"] != 5.0 || s["estimated_tokens"] == 0.0 {
		t.Errorf("%v", s)
	}
	var found struct {
		DownloadURL string `json:"download_url"`
	}
	if err := json.Unmarshal(send(t, server, http.MethodGet, path+"/results", nil, "").body, &found); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, found.DownloadURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if data, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || strings.Count(string(data), "\n") != 5 {
		t.Errorf("%v, status %d: %s", err, answer.StatusCode, data)
	}
	if r := send(t, server, http.MethodDelete, path, nil, ""); r.StatusCode != http.StatusOK {
		t.Errorf("delete: status %d %s", r.StatusCode, r.body)
	}
	if left := kept(t, bucket); len(left) > 0 {
		t.Errorf("blobs are left: %v", left)
	}
}
