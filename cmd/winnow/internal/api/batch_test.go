package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/usage"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/webhook"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// newJobs is a server with jobs, which run if they may, in a folder.
func newJobs(t *testing.T, run bool, change ...func(*api.Config)) (server *httptest.Server, dir string) {
	t.Helper()
	dir = t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	blobs, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return newJobsOn(t, db, blobs, run, change...), dir
}

// newJobsOn is a server that keeps its jobs in a database, and their files among blobs.
func newJobsOn(t *testing.T, db *database.DB, blobs backing.Store, run bool, change ...func(*api.Config)) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	store, err := job.NewStore(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filestore.New(t.Context(), db, blobs)
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := webhook.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	used, err := usage.New(t.Context(), db, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	var runner *job.Runner
	server := newServer(t, append(change, func(c *api.Config) {
		c.Data, c.Files, c.Webhooks, c.Usage = dir, files, hooks, used
		signer, _ := blobs.(api.Signer)
		c.Jobs = &api.Jobs{Store: store, Wake: func() { runner.Wake() }, Look: wire.LookAtJob, Blobs: blobs, Signer: signer}
	})...)
	salvage := func(ctx context.Context, j *job.Job, done job.Progress) (string, error) {
		folder := filepath.Join(dir, j.ID, strconv.FormatInt(j.Run, 10))
		if requests, err := server.Config.Handler.(*api.Server).Answering(j); err != nil || requests != nil {
			return "", errors.Join(err, api.Leave(ctx, files, j, done, filepath.Join(folder, wire.Answered), filepath.Join(folder, wire.Refused)))
		}
		var c api.JobConfig
		if err := json.Unmarshal(j.Config, &c); err != nil {
			return "", err
		}
		if c.Table != nil {
			input, err := blobs.Fetch(ctx, j.Input, folder)
			key := j.NewKey("partial")
			if _, gone := os.Stat(folder); gone != nil || err != nil {
				return "", err
			}
			results := ""
			err = wire.PartialTable(ctx, j.ID, input, folder, c.Table, c.Classify(), nil, zerolog.Nop(), func(path string) error {
				results = key
				return blobs.PutFile(ctx, key, path)
			})
			return results, err
		}
		head, err := wire.PartialResults(folder, done.Done)
		if head == nil || err != nil {
			return "", err
		}
		defer head.Close()
		key := j.NewKey("partial")
		_, err = blobs.Put(ctx, key, head)
		return key, err
	}
	runner = job.NewRunner(job.RunnerConfig{Store: store, Lease: time.Second, Log: zerolog.Nop(), Salvage: salvage, Settle: used.Settle, Build: func(ctx context.Context, j *job.Job) (*job.Work, error) {
		var c api.JobConfig
		if err := json.Unmarshal(j.Config, &c); err != nil {
			return nil, err
		}
		folder := filepath.Join(dir, j.ID, strconv.FormatInt(j.Run, 10))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		input, err := blobs.Fetch(ctx, j.Input, folder)
		if err != nil {
			return nil, err
		}
		if j.Total == 0 && c.Table != nil {
			rows, blank, err := table.Count(ctx, disk.OS{}, input, c.Table.Input)
			if err = errors.Join(err, store.Counted(ctx, j.ID, rows, j.Estimate, append(j.Warnings, api.BlankLines(blank)...)...)); err != nil {
				return nil, err
			}
		} else if j.Total == 0 {
			data, err := os.ReadFile(input)
			if err != nil {
				return nil, err
			}
			records, tokens, blank, err := api.CountRecords(bytes.NewReader(data))
			if err = errors.Join(err, store.Counted(ctx, j.ID, records, tokens, api.BlankLines(blank)...)); err != nil {
				return nil, err
			}
		}
		publish := func(ctx context.Context, name string) (string, error) {
			key := j.NewKey("results")
			return key, blobs.PutFile(ctx, key, filepath.Join(folder, name))
		}
		if requests, err := server.Config.Handler.(*api.Server).Answering(j); err != nil || requests != nil {
			p, buildErr := wire.Requests(j.ID, input, folder, requests, api.ReplyColumn, zerolog.Nop())
			leave := func(ctx context.Context) error {
				return api.Leave(ctx, files, j, job.Progress{}, filepath.Join(folder, wire.Answered), filepath.Join(folder, wire.Refused))
			}
			return &job.Work{
				Pipeline: p,
				Publish: func(ctx context.Context) (string, error) {
					if err := leave(ctx); err != nil {
						return "", err
					}
					return publish(ctx, wire.Answered)
				},
				Clean: func() error { return os.RemoveAll(folder) },
			}, errors.Join(err, buildErr)
		}
		results := wire.JobResults
		var p *pipeline.Pipeline
		if c.Table != nil {
			results = wire.TableResults
			p, err = wire.Table(j.ID, input, folder, c.Table, c.Classify(), nil, zerolog.Nop())
		} else {
			p, err = wire.Job(j.ID, input, folder, c.Classify(), c.Include, nil, zerolog.Nop())
		}
		return &job.Work{
			Pipeline: p,
			Publish:  func(ctx context.Context) (string, error) { return publish(ctx, results) },
			Clean:    func() error { return os.RemoveAll(folder) },
		}, err
	}})
	if run {
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		ended := make(chan error, 1)
		go func() { ended <- runner.Run(ctx) }()
		t.Cleanup(func() { stop(); <-ended })
	}
	return server
}

// everywhere runs a test over every kind of database and of blobs.
func everywhere(t *testing.T, test func(t *testing.T, db *database.DB, blobs backing.Store)) {
	t.Helper()
	backing.Everywhere(t, func(t *testing.T, open backing.Open, blobs backing.Store) { test(t, open(), blobs) })
}

// kept are the keys of all blobs.
func kept(t *testing.T, blobs backing.Store) []string {
	t.Helper()
	var keys []string
	for info, err := range blobs.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

type made struct {
	JobID        string            `json:"job_id"`
	UploadURL    string            `json:"upload_url"`
	UploadFields map[string]string `json:"upload_fields"`
	InputKey     string            `json:"input_key"`
}

func makeJob(t *testing.T, server *httptest.Server, header map[string]string, body string) made {
	t.Helper()
	var m made
	r := send(t, server, http.MethodPost, "/v1/batch", header, body)
	if err := json.Unmarshal(r.body, &m); err != nil || r.StatusCode != http.StatusCreated {
		t.Fatalf("status %d, %v: %s", r.StatusCode, err, r.body)
	}
	return m
}

// upload posts a form: pairs of fields, and a file unless it is nil.
func upload(t *testing.T, server *httptest.Server, address string, fields [][2]string, file []byte) *reply {
	t.Helper()
	return uploadWith(t, server, address, nil, fields, file)
}

// uploadWith posts a form with headers. A field whose name begins with + is another file behind the first.
func uploadWith(t *testing.T, server *httptest.Server, address string, header map[string]string, fields [][2]string, file []byte) *reply {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	add := func(name string, content []byte) {
		w, err := form.CreateFormFile(name, "../../x")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(content)
	}
	for _, f := range fields {
		if strings.HasPrefix(f[0], "+") {
			continue
		}
		if err := form.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		add("file", file)
	}
	for _, f := range fields {
		if name, another := strings.CutPrefix(f[0], "+"); another {
			add(name, []byte(f[1]))
		}
	}
	_ = form.Close()
	headers := map[string]string{"Content-Type": form.FormDataContentType()}
	maps.Copy(headers, header)
	return send(t, server, http.MethodPost, strings.TrimPrefix(address, server.URL), headers, b.String())
}

// finished waits for a job's end.
func finished(t *testing.T, server *httptest.Server, id string) map[string]any {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		var s map[string]any
		r := send(t, server, http.MethodGet, "/v1/batch/"+id, nil, "")
		if err := json.Unmarshal(r.body, &s); err != nil {
			t.Fatal(err)
		}
		if s["status"] == "completed" || s["status"] == "failed" {
			return s
		}
	}
	t.Fatal("the job does not end")
	return nil
}

const (
	labelled = `{"labels":["billing","technical","sales"]}`
	input    = `{"text": "I need help with billing"}` + "\n" + `{"text": "The app keeps crashing"}` + "\r\n \n" + `not json` + "\n" + `{"id": 7}` + "\n" + `{"text": "refund me"}`
)

// testRanges asks for parts of a file that begins with {"label" in ways that clients have, and in such as they should not.
func testRanges(t *testing.T, server *httptest.Server, path string) {
	t.Helper()
	const never, past = "Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"
	for _, c := range []struct {
		name, value string // of the header
		status      int
		body        string
	}{
		{"Range", "bytes=2-6", http.StatusPartialContent, "label"},
		{"Range", "bytes=2-2, 4-4", http.StatusPartialContent, ""},
		{"Range", "bytes=-1000000", http.StatusPartialContent, ""},
		{"Range", "bytes=" + strings.Repeat("0-,", 1000) + "0-", http.StatusOK, ""}, // more than the file: all of it, once
		{"Range", "bytes=1000000-", http.StatusRequestedRangeNotSatisfiable, ""},
		{"Range", "bytes=6-2", http.StatusRequestedRangeNotSatisfiable, ""},
		{"Range", "bytes=0-99999999999999999999", http.StatusRequestedRangeNotSatisfiable, ""},
		{"Range", "records=1-2", http.StatusRequestedRangeNotSatisfiable, ""},
		{"If-Modified-Since", never, http.StatusNotModified, ""},
		{"If-Unmodified-Since", past, http.StatusPreconditionFailed, ""},
		{"If-None-Match", "*", http.StatusNotModified, ""},
	} {
		r := send(t, server, http.MethodGet, path, map[string]string{c.name: c.value, "Accept-Encoding": "identity"}, "")
		if r.StatusCode != c.status || c.body != "" && string(r.body) != c.body {
			t.Errorf("%s: %.30s: status %d %.200s", c.name, c.value, r.StatusCode, r.body)
		}
		if c.status == http.StatusRequestedRangeNotSatisfiable && (problemOf(t, r).Code != "RANGE_UNKNOWN" || r.Header.Get("Content-Disposition") != "" || r.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: %.30s: %v %s", c.name, c.value, r.Header, r.body)
		}
	}
}

// TestJob takes a job from its making to its deletion.
func TestJob(t *testing.T) { everywhere(t, testJob) }

func testJob(t *testing.T, db *database.DB, blobs backing.Store) {
	server := newJobsOn(t, db, blobs, true)
	m := makeJob(t, server, nil, labelled)
	if m.InputKey != "batch/local/"+m.JobID+"/input.ndjson" || m.UploadFields["key"] != m.InputKey || m.UploadFields["policy"] == "" || m.UploadFields["x-amz-signature"] == "" {
		t.Errorf("%+v", m)
	}
	path := "/v1/batch/" + m.JobID
	if p := problemOf(t, send(t, server, http.MethodPost, path+"/start", nil, "")); p.Code != "UPLOAD_MISSING" {
		t.Errorf("start without an upload: %s", p.Code)
	}
	if r := upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(input)); r.StatusCode != http.StatusNoContent {
		t.Fatalf("upload: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodGet, path+"/results", nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "RESULTS_NOT_READY" {
		t.Errorf("results too early: status %d", r.StatusCode)
	}
	if r := send(t, server, http.MethodPost, path+"/start", nil, ""); r.StatusCode != http.StatusAccepted || string(r.body) != `{"job_id":"`+m.JobID+`","status":"processing"}`+"\n" {
		t.Errorf("start: status %d %s", r.StatusCode, r.body)
	}
	s := finished(t, server, m.JobID)
	for _, name := range []string{"created_at", "started_at", "completed_at"} {
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(s[name])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		delete(s, name)
	}
	want := map[string]any{
		"job_id": m.JobID, "status": "completed", "state": "completed", "requests_total": 5.0, "requests_completed": 5.0, "requests_succeeded": 3.0,
		"requests_failed": 2.0, "estimated_tokens": float64((len(input) - 60) / 4), "actual_tokens": 12.0, "error": nil,
		"warnings": []any{map[string]any{"code": "LINES_BLANK", "message": "blank lines have no result", "count": 1.0}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	var found struct {
		DownloadURL string   `json:"download_url"`
		Classifier  string   `json:"classifier"`
		Labels      []string `json:"labels"`
	}
	r := send(t, server, http.MethodGet, path+"/results", nil, "")
	if err := json.Unmarshal(r.body, &found); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"billing", "technical", "sales"}, found.Labels); diff != "" || !strings.HasPrefix(found.Classifier, "static-") {
		t.Errorf("answered by %s of %s", found.Classifier, diff)
	}
	download := strings.TrimPrefix(found.DownloadURL, server.URL)
	got := send(t, server, http.MethodGet, download, nil, "")
	var labels []string
	for line := range strings.Lines(string(got.body)) {
		var l struct {
			Label *string
			Error *struct{ Code string }
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Error != nil {
			labels = append(labels, l.Error.Code)
			continue
		}
		labels = append(labels, *l.Label)
	}
	if diff := cmp.Diff([]string{"billing", "technical", "RECORD_JSON", "RECORD_TEXT_MISSING", "billing"}, labels); diff != "" {
		t.Error(diff)
	}
	testRanges(t, server, download)
	ticket := strings.TrimPrefix(download, "/_blob/d/")
	for i := range ticket { // every character counts
		c := byte('A')
		if ticket[i] == c {
			c = 'B'
		}
		if r := send(t, server, http.MethodGet, "/_blob/d/"+ticket[:i]+string(c)+ticket[i+1:], nil, ""); r.StatusCode != http.StatusForbidden {
			t.Errorf("character %d changed: status %d", i, r.StatusCode)
		}
	}
	if r := send(t, server, http.MethodPost, path+"/start", nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "JOB_COMPLETED" {
		t.Errorf("start again: status %d", r.StatusCode)
	}
	if r := send(t, server, http.MethodDelete, path, nil, ""); r.StatusCode != http.StatusOK || string(r.body) != `{"job_id":"`+m.JobID+`","deleted":true}`+"\n" {
		t.Errorf("delete: status %d %s", r.StatusCode, r.body)
	}
	for _, again := range []struct{ method, path string }{{http.MethodDelete, path}, {http.MethodGet, path}, {http.MethodGet, path + "/results"}} {
		if r := send(t, server, again.method, again.path, nil, ""); r.StatusCode != http.StatusNotFound || problemOf(t, r).Code != "JOB_UNKNOWN" {
			t.Errorf("%s after the deletion: status %d", again.method, r.StatusCode)
		}
	}
	if r := send(t, server, http.MethodGet, download, nil, ""); r.StatusCode != http.StatusForbidden {
		t.Errorf("download after the deletion: status %d", r.StatusCode)
	}
	if left := kept(t, blobs); len(left) > 0 {
		t.Errorf("blobs are left: %v", left)
	}
	total := report(t, send(t, server, http.MethodGet, "/v1/usage", nil, ""))["total"]
	used := map[string]any{"requests": 0.0, "jobs": 1.0, "texts": 5.0, "failed": 2.0, "cached": 0.0, "tokens": 12.0, "cached_tokens": 0.0, "cost": 0.0}
	if diff := cmp.Diff(used, total); diff != "" {
		t.Errorf("usage (-want +got)\n%s", diff)
	}
}

// TestQueued starts a job beside one that runs: it waits where that is asked for.
func TestQueued(t *testing.T) {
	server, _ := newJobs(t, false)
	var paths []string
	for range 2 {
		m := makeJob(t, server, nil, labelled)
		path := "/v1/batch/" + m.JobID
		var again made
		r := send(t, server, http.MethodPost, path+"/upload", nil, "")
		if err := json.Unmarshal(r.body, &again); err != nil || r.StatusCode != http.StatusCreated || again.InputKey != m.InputKey {
			t.Fatalf("another address: status %d %s", r.StatusCode, r.body)
		}
		if r := upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(input)); r.StatusCode != http.StatusForbidden {
			t.Errorf("the first address: status %d %s", r.StatusCode, r.body)
		}
		if r := upload(t, server, again.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(input)); r.StatusCode != http.StatusNoContent {
			t.Errorf("the second address: status %d %s", r.StatusCode, r.body)
		}
		paths = append(paths, path)
	}
	if r := send(t, server, http.MethodPost, paths[0]+"/start", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Errorf("start: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodPost, paths[1]+"/start", nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "ACCOUNT_BUSY" {
		t.Errorf("start beside it: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodPost, paths[1]+"/start?queue=true", nil, ""); r.StatusCode != http.StatusAccepted || !strings.Contains(string(r.body), `"status":"pending"`) {
		t.Errorf("start behind it: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodGet, paths[1], nil, ""); !strings.Contains(string(r.body), `"state":"queued"`) {
		t.Errorf("%s", r.body)
	}
}

// TestJobOfMany has failing records within and between batches: every line of the input has its own, in order.
func TestJobOfMany(t *testing.T) {
	server, _ := newJobs(t, true)
	m := makeJob(t, server, nil, `{"labels":["billing","technical"],"mode":"multi","threshold":0}`)
	var b bytes.Buffer
	const n = 30_000
	bad := func(i int) bool { return i%7 == 3 || i >= 9_000 && i < 12_000 }
	for i := range n {
		if bad(i) {
			fmt.Fprintf(&b, "bad %d\n", i)
		} else {
			fmt.Fprintf(&b, `{"text":"refund number %d"}`+"\n", i)
		}
	}
	if r := upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, b.Bytes()); r.StatusCode != http.StatusNoContent {
		t.Fatalf("upload: status %d %s", r.StatusCode, r.body)
	}
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
	if s := finished(t, server, m.JobID); s["status"] != "completed" || s["requests_completed"] != float64(n) || s["requests_total"] != float64(n) {
		t.Fatalf("%v", s)
	}
	var found struct {
		DownloadURL string `json:"download_url"`
	}
	if err := json.Unmarshal(send(t, server, http.MethodGet, "/v1/batch/"+m.JobID+"/results", nil, "").body, &found); err != nil {
		t.Fatal(err)
	}
	got := send(t, server, http.MethodGet, strings.TrimPrefix(found.DownloadURL, server.URL), nil, "")
	i := 0
	for line := range strings.Lines(string(got.body)) {
		if failed := strings.HasPrefix(line, `{"labels":[],"tokens":0,"error":{"code":"RECORD_JSON"`); failed != bad(i) || !failed && !strings.HasPrefix(line, `{"labels":[{"label":"billing","confidence":`) {
			t.Fatalf("line %d: %s", i, line)
		}
		i++
	}
	if i != n {
		t.Errorf("%d lines, want %d", i, n)
	}
}

// TestIdempotent sends the making of a job again: it is the same job, with a new address for its upload.
func TestIdempotent(t *testing.T) {
	server, _ := newJobs(t, false, func(c *api.Config) { c.Memory = newMemory(t) })
	key := map[string]string{"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
	if r := send(t, server, http.MethodPost, "/v1/batch", key, `{}`); r.StatusCode != http.StatusBadRequest {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	first := makeJob(t, server, key, labelled) // what was refused is not kept
	r := send(t, server, http.MethodPost, "/v1/batch", key, labelled)
	var again made
	if err := json.Unmarshal(r.body, &again); err != nil {
		t.Fatal(err)
	}
	if r.StatusCode != http.StatusCreated || r.Header.Get("Idempotent-Replayed") != "true" || again.JobID != first.JobID || again.UploadURL == first.UploadURL {
		t.Errorf("status %d %v %s", r.StatusCode, r.Header, r.body)
	}
	if r := upload(t, server, first.UploadURL, [][2]string{{"key", first.InputKey}}, []byte(input)); r.StatusCode != http.StatusForbidden {
		t.Errorf("the first address: status %d", r.StatusCode)
	}
	if r := upload(t, server, again.UploadURL, [][2]string{{"key", again.InputKey}, {"policy", again.UploadFields["policy"]}}, []byte(input)); r.StatusCode != http.StatusNoContent {
		t.Errorf("the new address: status %d %s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodGet, "/v1/batch", nil, ""); strings.Count(string(r.body), `"job_id"`) != 1 {
		t.Errorf("jobs: %s", r.body)
	}
}

func TestUploads(t *testing.T) { everywhere(t, testUploads) }

func testUploads(t *testing.T, db *database.DB, blobs backing.Store) {
	server := newJobsOn(t, db, blobs, false)
	m := makeJob(t, server, nil, labelled)
	// A form that breaks off leaves nothing behind.
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() {
		_ = form.WriteField("key", m.InputKey)
		w, _ := form.CreateFormFile("file", "x")
		_, _ = w.Write([]byte(input))
		_ = writer.CloseWithError(io.ErrUnexpectedEOF)
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, m.UploadURL, reader)
	r.Host = "localhost"
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	server.Config.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || w.Header().Get("X-Winnow-Code") != "body.read" {
		t.Errorf("a form that breaks off: status %d %s", w.Code, w.Body)
	}
	if left := kept(t, blobs); len(left) > 0 {
		t.Errorf("blobs are left: %v", left)
	}
	// Every field as it was issued, and then once more: the last one counts.
	all := [][2]string{{"x-ignore-me", "x"}}
	for name, value := range m.UploadFields {
		all = append(all, [2]string{name, value})
	}
	for _, data := range []string{"{}\n", input} {
		if r := upload(t, server, m.UploadURL, all, []byte(data)); r.StatusCode != http.StatusNoContent {
			t.Fatalf("the whole form: status %d %s", r.StatusCode, r.body)
		}
	}
	left := kept(t, blobs)
	if len(left) != 1 {
		t.Fatalf("blobs are left: %v", left)
	}
	o, err := blobs.Open(t.Context(), left[0])
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if data, err := io.ReadAll(o); err != nil || string(data) != input {
		t.Errorf("%v: %q", err, data)
	}
	if r := send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Errorf("start: status %d %s", r.StatusCode, r.body)
	}
	if r := upload(t, server, m.UploadURL, all, []byte(input)); r.StatusCode != http.StatusConflict || r.Header.Get("X-Winnow-Code") != "job.started" {
		t.Errorf("after the start: status %d %s", r.StatusCode, r.body)
	}
}

// TestInclude has lines of results with more than labels, in both modes.
func TestInclude(t *testing.T) {
	server, _ := newJobs(t, true)
	const in = `{"text": "refund my invoice", "id": "a\"1", "custom_id": 7}` + "\n\n" + `{"text":"the app crashes","note":[1]}` + "\n" + "not json\n"
	for body, want := range map[string]string{
		`"include":["line"]`: `{"label":"billing","confidence":C,"tokens":6,"line":1}
{"label":"technical","confidence":C,"tokens":3,"line":3}
{"label":null,"confidence":null,"tokens":0,"error":{"code":"RECORD_JSON","message":M},"line":4}
`,
		`"include":["scores","input","id","line"]`: `{"label":"billing","confidence":C,"tokens":6,"line":1,"id":"a\"1","custom_id":7,"input":{"text": "refund my invoice", "id": "a\"1", "custom_id": 7},"scores":[{"label":"billing","confidence":C},{"label":"technical","confidence":C}]}
{"label":"technical","confidence":C,"tokens":3,"line":3,"input":{"text":"the app crashes","note":[1]},"scores":[{"label":"technical","confidence":C},{"label":"billing","confidence":C}]}
{"label":null,"confidence":null,"tokens":0,"error":{"code":"RECORD_JSON","message":M},"line":4,"input":"not json","scores":[]}
`,
		`"mode":"multi","threshold":0.6,"include":["scores"]`: `{"labels":[{"label":"billing","confidence":C}],"tokens":6,"scores":[{"label":"billing","confidence":C},{"label":"technical","confidence":C}]}
{"labels":[{"label":"technical","confidence":C}],"tokens":3,"scores":[{"label":"technical","confidence":C},{"label":"billing","confidence":C}]}
{"labels":[],"tokens":0,"error":{"code":"RECORD_JSON","message":M},"scores":[]}
`,
	} {
		m := makeJob(t, server, nil, `{"labels":["billing","technical"],`+body+`}`)
		upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(in))
		asked202(t, server, "/v1/batch/"+m.JobID+"/start")
		finished(t, server, m.JobID)
		got := regexp.MustCompile(`"confidence":[0-9.]+`).ReplaceAllString(string(fetch(t, server, "/v1/batch/"+m.JobID+"/results")), `"confidence":C`)
		got = regexp.MustCompile(`"message":"[^"]*"`).ReplaceAllString(got, `"message":M`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", body, diff)
		}
	}
	for body, code := range map[string]string{`"include":["text"]`: "FIELD_RANGE", `"include":["id","id"]`: "FIELD_RANGE", `"include":"id"`: "FIELD_TYPE"} {
		if r := send(t, server, http.MethodPost, "/v1/batch", nil, `{"labels":["a","b"],`+body+`}`); r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != code {
			t.Errorf("%s: status %d %s", body, r.StatusCode, r.body)
		}
	}
}
