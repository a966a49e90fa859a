package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// sheet is a file of Taylor's clients.
const sheet = "id,name,kind,description\n1,A,x,We deliver parcels overnight\n2,B,y,We teach children to read\n3,C,z,a,b\n"

// makeTable makes a job by a form of pairs, and returns what it is answered with.
func makeTable(t *testing.T, server *httptest.Server, header map[string]string, pairs ...string) map[string]any {
	t.Helper()
	r := sendForm(t, server, "/api/batch_jobs/create", header, pairs...)
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	return v
}

// ended waits for a job's end.
func ended(t *testing.T, server *httptest.Server, id string) map[string]any {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		if s := asked(t, server, http.MethodGet, "/api/batch_jobs/"+id, nil, ""); s["status"] == "completed" || s["status"] == "failed" {
			return s
		}
	}
	t.Fatal("the job does not end")
	return nil
}

// TestTable takes the example of Taylor's guide through its life, on every kind of database and of blobs.
func TestTable(t *testing.T) {
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		server := newJobsOn(t, db, blobs, true)
		made := makeTable(t, server, nil, "model", "naics", "threshold", "0.2", "top_k", "5", "columns_to_classify", "3", "output_format", "csv", "@file", sheet)
		id := made["id"].(string)
		at := server.URL + "/api/batch_jobs/" + id
		want := map[string]any{
			"id": id, "job_id": id, "status": "queued", "state": "queued", "model": "naics", "version": "naics@v1", "file": "requests.jsonl",
			"columns_to_classify": []any{"description"}, "columns_mode": "joined", "threshold": 0.2, "top_k": 5.0, "output_format": "csv", "rows": nil, "rows_completed": 0.0, "rows_failed": 0.0,
			"created_at": made["created_at"], "started_at": nil, "completed_at": nil, "error": nil, "warnings": []any{},
			"status_url": at, "preview_url": at + "/preview", "results_url": at + "/download",
		}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Error(diff)
		}
		if s := ended(t, server, id); s["status"] != "completed" || s["rows"] != 3.0 || s["rows_completed"] != 3.0 || s["rows_failed"] != 1.0 {
			t.Errorf("%v", s)
		}
		p := asked(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/preview?limit=1", nil, "")
		if rows := p["rows"].([]any); p["total"] != 3.0 || len(rows) != 1 || rows[0].(map[string]any)["label"] != "492 Couriers and Messengers" {
			t.Errorf("%v", p)
		}
		r := send(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/download", nil, "")
		lines := strings.Split(string(r.body), "\n")
		if r.StatusCode != http.StatusOK || len(lines) != 5 || lines[0] != "id,name,kind,description,label,score,labels,scores,error" || !strings.HasPrefix(lines[1], "1,A,x,We deliver parcels overnight,492 Couriers and Messengers,0.") || !strings.HasPrefix(lines[3], `3,C,z,a,,,,,"record.fields: `) {
			t.Errorf("status %d\n%s", r.StatusCode, r.body)
		}
		if got := r.Header.Get("Content-Disposition"); got != "attachment; filename=requests-results.csv" {
			t.Error(got)
		}
		if ranged := send(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/download", map[string]string{"Range": "bytes=0-1"}, ""); ranged.StatusCode != http.StatusPartialContent || string(ranged.body) != "id" {
			t.Errorf("status %d %s", ranged.StatusCode, ranged.body)
		}
		if n := len(kept(t, blobs)); n != 2 {
			t.Errorf("%d blobs", n)
		}
	})
}

// TestTableForm has the ways in which clients write a form. The content decides what a file is.
func TestTableForm(t *testing.T) {
	server, _ := newJobs(t, false)
	const jsonl = `{"id":1,"body":"We deliver parcels","text":"x"}` + "\n"
	for _, c := range []struct {
		name string
		form []string
		want map[string]any
	}{
		{"a list in JSON", []string{"model", "topics", "columns_to_classify", "[3]", "@file", sheet}, map[string]any{"columns_to_classify": []any{"description"}}},
		{"numbers with a comma", []string{"model", "topics", "columns_to_classify", "3,1", "@file", sheet}, map[string]any{"columns_to_classify": []any{"description", "name"}}},
		{"repeated", []string{"model", "topics", "columns_to_classify", "3", "columns_to_classify", "1", "@file", sheet}, map[string]any{"columns_to_classify": []any{"description", "name"}}},
		{"repeated, with brackets", []string{"model", "topics", "columns_to_classify[]", "1", "columns_to_classify[]", "3", "@file", sheet}, map[string]any{"columns_to_classify": []any{"name", "description"}}},
		{"names", []string{"model", "topics", "columns_to_classify", "name, description", "@file", sheet}, map[string]any{"columns_to_classify": []any{"name", "description"}}},
		{"names in JSON", []string{"model", "topics", "columns_to_classify", `["name", 3]`, "@file", sheet}, map[string]any{"columns_to_classify": []any{"name", "description"}}},
		{"the file first", []string{"@file", sheet, "columns_to_classify", "3", "model", "topics"}, map[string]any{"columns_to_classify": []any{"description"}, "output_format": "csv"}},
		{"JSON lines with a column text", []string{"model", "topics", "@file", jsonl}, map[string]any{"columns_to_classify": []any{"text"}, "output_format": "jsonl"}},
		{"a field's place in the first record", []string{"model", "topics", "columns_to_classify", "1", "@file", jsonl}, map[string]any{"columns_to_classify": []any{"body"}}},
		{"the defaults", []string{"model", "topics", "threshold", "", "@file", jsonl}, map[string]any{"threshold": 0.5, "top_k": 1.0}},
		{"more labels than there are", []string{"model", "sentiment", "top_k", "50", "@file", jsonl}, map[string]any{"top_k": 3.0, "version": "sentiment@v1"}},
		{"one column, no header", []string{"model", "topics", "header", "false", "@file", "the striker scored\nthe bank failed\n"}, map[string]any{"columns_to_classify": []any{"column_1"}}},
		{"each column by itself", []string{"model", "topics", "columns_to_classify", "3,1", "columns_mode", "separate", "@file", sheet}, map[string]any{"columns_mode": "separate", "columns_to_classify": []any{"description", "name"}}},
		{"entities", []string{"model", "entities", "@file", jsonl}, map[string]any{"threshold": nil, "top_k": nil, "version": "entities"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			made := makeTable(t, server, nil, c.form...)
			got := make(map[string]any)
			for key := range c.want {
				got[key] = made[key]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTableEntities has a model that finds entities.
func TestTableEntities(t *testing.T) {
	server, _ := newJobs(t, true)
	id := makeTable(t, server, nil, "model", "entities", "output_format", "jsonl", "@file", "text\nwrite to ann@example.com\nnothing here\n")["id"].(string)
	ended(t, server, id)
	r := send(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/download", nil, "")
	want := `{"text":"write to ann@example.com","entities":[{"type":"email","text":"ann@example.com","start":9,"end":24,"confidence":0.99}],"error":null}
{"text":"nothing here","entities":[],"error":null}
`
	if diff := cmp.Diff(want, string(r.body)); diff != "" {
		t.Error(diff)
	}
}

// TestTableList lists an account's jobs over files, and no others; the next page is in the header Link.
func TestTableList(t *testing.T) {
	server, _ := newJobs(t, false)
	var made []string
	for range 3 {
		makeJob(t, server, nil, labelled)
		made = append([]string{makeTable(t, server, nil, "model", "entities", "@file", "text\na\n")["id"].(string)}, made...)
		backing.Tick()
	}
	var got []string
	for next := "/api/batch_jobs?limit=2"; next != ""; {
		r := send(t, server, http.MethodGet, next, nil, "")
		var page []struct{ ID string }
		if err := json.Unmarshal(r.body, &page); err != nil {
			t.Fatalf("%v %s", err, r.body)
		}
		for _, j := range page {
			got = append(got, j.ID)
		}
		next, _, _ = strings.Cut(strings.TrimPrefix(r.Header.Get("Link"), "<"+server.URL), ">")
	}
	if diff := cmp.Diff(made, got); diff != "" {
		t.Error(diff)
	}
}

// TestTableAgain sends a form again under its key: the job is the same, and nothing is kept twice.
func TestTableAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		memory := newMemory(t)
		server := newJobsOn(t, db, blobs, false, func(c *api.Config) { c.Memory = memory })
		key := map[string]string{"Idempotency-Key": "one"}
		form := []string{"model", "topics", "columns_to_classify", "3", "@file", sheet}
		first, second := makeTable(t, server, key, form...), makeTable(t, server, key, form...)
		if first["id"] != second["id"] || len(kept(t, blobs)) != 1 {
			t.Errorf("%v %v %v", first, second, kept(t, blobs))
		}
		if r := sendForm(t, server, "/api/batch_jobs/create", key, append(form, "top_k", "2")...); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("another form: status %d %s", r.StatusCode, r.body)
		}
		if r := sendForm(t, server, "/api/batch_jobs/create", nil, "@file", sheet, "model", "nothing"); r.StatusCode != http.StatusBadRequest || len(kept(t, blobs)) != 1 {
			t.Errorf("status %d, %v", r.StatusCode, kept(t, blobs))
		}
	})
}

// TestTableVia sends downloads to the bucket, where clients reach it by themselves.
func TestTableVia(t *testing.T) {
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		if _, ok := blobs.(api.Signer); !ok {
			t.Skip("a folder has no addresses")
		}
		server := newJobsOn(t, db, blobs, true, func(c *api.Config) { c.Downloads.Via = config.ViaS3 })
		id := makeTable(t, server, nil, "model", "entities", "output_format", "jsonl", "@file", "text\na\n")["id"].(string)
		ended(t, server, id)
		r := send(t, server, http.MethodGet, "/api/batch_jobs/"+id+"/download", nil, "")
		if !bytes.Equal(r.body, []byte(`{"text":"a","entities":[],"error":null}`+"\n")) || r.Request.URL.Host == strings.TrimPrefix(server.URL, "http://") {
			t.Errorf("%s: %s", r.Request.URL.Host, r.body)
		}
	})
}

// TestTablePartial cancels a job while it runs, on every kind of database and of blobs: its first rows can be seen and
// downloaded by who asks for a part.
func TestTablePartial(t *testing.T) {
	var b strings.Builder
	b.WriteString("text\n")
	for i := range 200_000 {
		fmt.Fprintf(&b, "\"order %d has\nnot arrived\"\n", i)
	}
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		server := newJobsOn(t, db, blobs, true)
		id := makeTable(t, server, nil, "model", "sentiment", "output_format", "xlsx", "@file", b.String())["id"].(string)
		path := "/api/batch_jobs/" + id
		for s := map[string]any{"status": "queued"}; s["status"] == "queued" || s["state"] == "processing" && s["rows_completed"] == 0.0; {
			s = asked(t, server, http.MethodGet, path, nil, "")
		}
		if r := send(t, server, http.MethodPost, "/v1/batch/"+id+"/cancel", nil, ""); r.StatusCode != http.StatusAccepted {
			t.Skip("the cancellation came too late")
		}
		s := ended(t, server, id)
		if s["status"] == "completed" {
			t.Skip("the cancellation came too late")
		}
		for _, what := range []string{"/preview", "/download"} {
			if r := send(t, server, http.MethodGet, path+what, nil, ""); r.StatusCode != http.StatusConflict || problemOf(t, r).Code != "JOB_FAILED" || !strings.Contains(string(r.body), "?partial=true") {
				t.Errorf("status %d %s", r.StatusCode, r.body)
			}
		}
		p := asked(t, server, http.MethodGet, path+"/preview?partial=true&limit=2", nil, "")
		if p["total"] != s["rows_completed"] || len(p["rows"].([]any)) != 2 || p["rows"].([]any)[0].(map[string]any)["label"] == nil {
			t.Errorf("%v %v", s, p)
		}
		if r := send(t, server, http.MethodGet, path+"/download?partial=true", nil, ""); r.StatusCode != http.StatusOK || !bytes.HasPrefix(r.body, []byte("PK")) {
			t.Errorf("status %d, %d bytes", r.StatusCode, len(r.body))
		}
		asked202(t, server, "/v1/batch/"+id+"/start") // and it goes on where it was
		if s := ended(t, server, id); s["status"] != "completed" || s["rows_completed"] != 200_000.0 {
			t.Errorf("%v", s)
		}
	})
}
