package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCancel stops a job while it runs: what was done can be had. Then it goes on, and every record comes out once.
func TestCancel(t *testing.T) {
	server, _ := newJobs(t, true)
	var b bytes.Buffer
	const n = 400_000
	for i := range n {
		fmt.Fprintf(&b, `{"text":"order %d has not arrived"}`+"\n", i)
	}
	m := makeJob(t, server, nil, labelled)
	if r := upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, b.Bytes()); r.StatusCode != http.StatusNoContent {
		t.Fatalf("upload: status %d %s", r.StatusCode, r.body)
	}
	path := "/v1/batch/" + m.JobID
	send(t, server, http.MethodPost, path+"/start", nil, "")
	if r := send(t, server, http.MethodDelete, path, nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "JOB_PROCESSING" {
		t.Errorf("delete while it runs: status %d", r.StatusCode)
	}
	var s struct{ Status, State string }
	r := send(t, server, http.MethodPost, path+"/cancel", nil, "")
	if err := json.Unmarshal(r.body, &s); err != nil || r.StatusCode != http.StatusAccepted || s.Status != "processing" || s.State != "cancelling" {
		t.Fatalf("cancel: status %d %s", r.StatusCode, r.body)
	}
	ended := finished(t, server, m.JobID)
	if ended["state"] == "completed" {
		return // it was quicker than the cancellation
	}
	if ended["state"] != "cancelled" || ended["error"] != "the job was cancelled" || ended["actual_tokens"] != nil {
		t.Errorf("%v", ended)
	}
	if r := send(t, server, http.MethodGet, path+"/results", nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "JOB_FAILED" {
		t.Errorf("results: status %d", r.StatusCode)
	}
	var partial []byte
	if ended["requests_completed"] != 0.0 { // else it may not even have begun
		partial = fetch(t, server, path+"/results?partial=true")
	}
	if got := bytes.Count(partial, []byte("\n")); float64(got) != ended["requests_completed"] {
		t.Errorf("%d lines of partial results, and %v records are done", got, ended["requests_completed"])
	}
	if r := send(t, server, http.MethodPost, path+"/cancel", nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "JOB_ENDED" {
		t.Errorf("cancel again: status %d", r.StatusCode)
	}
	// It begins anew, is cancelled again, and goes on where it was then.
	if r := send(t, server, http.MethodPost, path+"/start?restart=true", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Fatalf("begin anew: status %d %s", r.StatusCode, r.body)
	}
	send(t, server, http.MethodPost, path+"/cancel", nil, "")
	if ended = finished(t, server, m.JobID); ended["state"] == "completed" {
		return
	}
	if r := send(t, server, http.MethodPost, path+"/start", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Fatalf("start again: status %d %s", r.StatusCode, r.body)
	}
	if ended = finished(t, server, m.JobID); ended["status"] != "completed" || ended["requests_completed"] != float64(n) || ended["requests_failed"] != 0.0 {
		t.Errorf("%v", ended)
	}
	if whole := fetch(t, server, path+"/results"); !bytes.HasPrefix(whole, partial) || bytes.Count(whole, []byte("\n")) != n {
		t.Error("the partial results are not the begin of the whole")
	}
}

// downloadAt is the path of the download that a job's results are at.
func downloadAt(t *testing.T, server *httptest.Server, path string) string {
	t.Helper()
	var found struct {
		DownloadURL string `json:"download_url"`
	}
	r := send(t, server, http.MethodGet, path, nil, "")
	if err := json.Unmarshal(r.body, &found); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", r.StatusCode, err, r.body)
	}
	return strings.TrimPrefix(found.DownloadURL, server.URL)
}

// fetch downloads results.
func fetch(t *testing.T, server *httptest.Server, path string) []byte {
	t.Helper()
	r := send(t, server, http.MethodGet, downloadAt(t, server, path), nil, "")
	if r.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	return r.body
}

// TestAllFail has a job none of whose records can be labelled.
func TestAllFail(t *testing.T) {
	server, _ := newJobs(t, true)
	m := makeJob(t, server, nil, labelled)
	upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte("{\"x\":1}\n{\"x\":2}\n"))
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
	s := finished(t, server, m.JobID)
	if s["status"] != "failed" || s["error"] == nil || s["error"] == "" {
		t.Errorf("%v", s)
	}
	if p := problemOf(t, send(t, server, http.MethodGet, "/v1/batch/"+m.JobID+"/results?partial=true", nil, "")); p.Code != "RESULTS_NOT_READY" {
		t.Errorf("partial results where nothing was done: %+v", p)
	}
}
