package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// away are blobs that don't answer as long as somebody says so.
type away struct {
	backing.Store
	gone atomic.Bool
}

// Fetch fetches a blob.
func (a *away) Fetch(ctx context.Context, key, dir string) (string, error) {
	if a.gone.Load() {
		return "", fault.New(fault.BlobsUnavailable, "the bucket does not answer")
	}
	return a.Store.Fetch(ctx, key, dir)
}

type event struct {
	Seq   int    `json:"seq"`
	Event string `json:"event"`
	At    string `json:"at"`
	Done  int    `json:"requests_completed"`
	Code  string `json:"error_code"`
}

// TestJobEvents follows a job that waits for its blobs: its events come as they happen, and can be had afterwards.
func TestJobEvents(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	folder, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	blobs := &away{Store: folder}
	blobs.gone.Store(true)
	server := newJobsOn(t, db, blobs, true)
	m := makeJob(t, server, nil, labelled)
	path := "/v1/batch/" + m.JobID
	upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(input))
	send(t, server, http.MethodPost, path+"/start", nil, "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Last-Event-ID", "1")
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the answer is %s", got)
	}
	var told []string
	numbered := false
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "id: ") {
			numbered = true
		}
		kind, found := strings.CutPrefix(line, "event: ")
		if !found {
			continue
		}
		if (kind == "progress") == numbered {
			t.Errorf("%s has a number: %t", kind, numbered)
		}
		if numbered = false; kind == "paused" {
			if status := send(t, server, http.MethodGet, path, nil, ""); !strings.Contains(string(status.body), `"status":"processing","state":"paused"`) || !strings.Contains(string(status.body), "the bucket does not answer") {
				t.Errorf("%s", status.body)
			}
			blobs.gone.Store(false)
			send(t, server, http.MethodPost, path+"/cancel", nil, "") // it goes on by itself after a while, which the test does not wait for
		}
		if kind != "progress" {
			told = append(told, kind)
		}
	}
	if diff := cmp.Diff([]string{"uploaded", "started", "running", "paused", "cancelling", "cancelled"}, told); diff != "" {
		t.Error(diff)
	}
	if r := send(t, server, http.MethodPost, path+"/start", nil, ""); r.StatusCode != http.StatusAccepted {
		t.Fatalf("start: status %d %s", r.StatusCode, r.body)
	}
	finished(t, server, m.JobID)
	var events []event
	list := send(t, server, http.MethodGet, path+"/events?after=7", nil, "")
	if err := json.Unmarshal(list.body, &events); err != nil || list.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", list.StatusCode, err, list.body)
	}
	told = nil
	for _, e := range events {
		told = append(told, e.Event)
	}
	if diff := cmp.Diff([]string{"started", "running", "finalizing", "completed"}, told); diff != "" || events[0].Seq != 8 || events[3].Done != 5 {
		t.Errorf("%+v\n%s", events, diff)
	}
}
