package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// status is what the test reads of a job.
type status struct {
	JobID        string            `json:"job_id"`
	UploadURL    string            `json:"upload_url"`
	UploadFields map[string]string `json:"upload_fields"`
	DownloadURL  string            `json:"download_url"`
	Status       string            `json:"status"`
	State        string            `json:"state"`
	Total        int               `json:"requests_total"`
	Completed    int               `json:"requests_completed"`
	Failed       int               `json:"requests_failed"`
	Error        *string           `json:"error"`
}

func ask(t *testing.T, s *server, method, path, body string) status {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	data := do(t, r)
	var st status
	if err := json.Unmarshal(data, &st); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return st
}

func do(t *testing.T, r *http.Request) []byte {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatalf("%s: %v, status %d\n%s", r.URL.Path, err, answer.StatusCode, data)
	}
	return data
}

// labelled asks for a job as most tests want it.
const labelled = `{"labels":["billing","technical","sales"]}`

// begin makes, uploads and starts a job of what is asked.
func begin(t *testing.T, s *server, asked string, input io.Reader) string {
	t.Helper()
	j := ask(t, s, http.MethodPost, "/v1/batch", asked)
	kind, body := form(j.UploadFields["key"], input)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, j.UploadURL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	do(t, r)
	ask(t, s, http.MethodPost, "/v1/batch/"+j.JobID+"/start", "")
	return j.JobID
}

// form is an upload of a file under a key.
func form(key string, file io.Reader) (kind string, body io.Reader) {
	r, w := io.Pipe()
	f := multipart.NewWriter(w)
	go func() {
		err := f.WriteField("key", key)
		if err == nil {
			var part io.Writer
			if part, err = f.CreateFormFile("file", "input.ndjson"); err == nil {
				_, err = io.Copy(part, file)
			}
		}
		_ = w.CloseWithError(errors.Join(err, f.Close()))
	}()
	return f.FormDataContentType(), r
}

// results waits for a job's end. What its status says never goes back.
func results(t *testing.T, s *server, id string, before int) []byte {
	t.Helper()
	for begun := time.Now(); ; {
		st := ask(t, s, http.MethodGet, "/v1/batch/"+id, "")
		if st.Completed < before {
			t.Fatalf("%d records are done, and there were %d", st.Completed, before)
		}
		before = st.Completed
		if st.Status == "completed" {
			if st.Completed != st.Total {
				t.Fatalf("%+v", st)
			}
			break
		}
		if st.Status == "failed" || time.Since(begun) > 2*time.Minute {
			t.Fatalf("%+v %v", st, st.Error)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ask(t, s, http.MethodGet, "/v1/batch/"+id+"/results", "").DownloadURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, r)
}

// TestKilled kills the server three times under a job. The job completes after the last restart, with the results of one
// that nobody disturbed.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the binary several times")
	}
	var input bytes.Buffer
	const n = 300_000
	for i := range n {
		if i%1000 == 7 {
			fmt.Fprintf(&input, "bad %d\n", i)
			continue
		}
		fmt.Fprintf(&input, `{"text":"%s order %d"}`+"\n", []string{"refund my", "the app crashes on", "I want to buy", "invoice of"}[i%4], i)
	}
	bin, dir := build(t), t.TempDir()
	s := start(t, bin, dir)
	undisturbed := begin(t, s, labelled, bytes.NewReader(input.Bytes()))
	want := results(t, s, undisturbed, 0)
	if got := bytes.Count(want, []byte("\n")); got != n {
		t.Fatalf("%d lines, want %d", got, n)
	}
	id := begin(t, s, labelled, bytes.NewReader(input.Bytes()))
	before := 0
	for i := range 3 {
		grown(t, filepath.Join(dir, "winnow-data", "work", id, "run0", "results.ndjson.part"), int64(len(want)*(i+1)/5))
		before = max(before, ask(t, s, http.MethodGet, "/v1/batch/"+id, "").Completed)
		s.kill()
		s = start(t, bin, dir)
	}
	if got := results(t, s, id, before); !bytes.Equal(got, want) {
		t.Errorf("after kills: %d bytes, want %d", len(got), len(want))
	}
}

// grown waits until a file of a job has so many bytes. One that has gone is in its place already, or its job has ended; so has one
// whose folder does not come.
func grown(t *testing.T, path string, size int64) {
	t.Helper()
	seen := false
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		info, err := os.Stat(path)
		if err == nil && info.Size() >= size {
			return
		}
		if err != nil && seen {
			return
		}
		seen = seen || err == nil
		if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) && time.Since(begun) > 10*time.Second {
			return
		}
	}
	t.Fatalf("%s does not grow", path)
}
