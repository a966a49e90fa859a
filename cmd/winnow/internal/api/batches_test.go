package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

// asked posts or gets something that is to be answered with 200 and JSON.
func asked(t *testing.T, server *httptest.Server, method, path string, header map[string]string, body string) map[string]any {
	t.Helper()
	r := send(t, server, method, path, header, body)
	var v map[string]any
	if err := json.Unmarshal(r.body, &v); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d %v\n%s", method, path, r.StatusCode, err, r.body)
	}
	return v
}

// form is a multipart form of pairs; a name that begins with @ is a file's.
func form(t *testing.T, pairs ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		name, isFile := strings.CutPrefix(pairs[i], "@")
		if !isFile {
			if err := w.WriteField(name, pairs[i+1]); err != nil {
				t.Fatal(err)
			}
			continue
		}
		f, err := w.CreateFormFile(name, `C:\some\..\requests.jsonl`)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write([]byte(pairs[i+1]))
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

func sendForm(t *testing.T, server *httptest.Server, path string, header map[string]string, pairs ...string) *reply {
	t.Helper()
	contentType, body := form(t, pairs...)
	all := map[string]string{"Content-Type": contentType}
	for name, value := range header {
		all[name] = value
	}
	return send(t, server, http.MethodPost, path, all, body)
}

// TestFileAgain sends a file, and the beginning of one in parts, again under their keys: neither is kept twice.
func TestFileAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		memory := newMemory(t)
		server := newJobsOn(t, db, blobs, false, func(c *api.Config) { c.Memory = memory })
		key := map[string]string{"Idempotency-Key": "one"}
		first, second := fileOf(t, server, key, "one\n"), fileOf(t, server, key, "one\n")
		if first != second || len(kept(t, blobs)) != 1 {
			t.Errorf("%s, then %s; %v", first, second, kept(t, blobs))
		}
		if r := sendForm(t, server, "/v1/files", key, "purpose", "batch", "@file", "two\n"); r.StatusCode != http.StatusUnprocessableEntity || len(kept(t, blobs)) != 1 {
			t.Errorf("another file: status %d %s; %v", r.StatusCode, r.body, kept(t, blobs))
		}
		if other := fileOf(t, server, map[string]string{"Idempotency-Key": "two"}, "one\n"); other == first {
			t.Error("another key gave the same file")
		}
		begin := func() any {
			return asked(t, server, http.MethodPost, "/v1/uploads", key, `{"filename":"r.jsonl","purpose":"batch","bytes":4}`)["id"]
		}
		if first, second := begin(), begin(); first != second {
			t.Errorf("uploads %v and %v", first, second)
		}
	})
}

// fileOf uploads a file of requests, and returns its id.
func fileOf(t *testing.T, server *httptest.Server, header map[string]string, lines string) string {
	t.Helper()
	r := sendForm(t, server, "/v1/files", header, "purpose", "batch", "@file", lines)
	var f struct {
		ID, Object, Filename, Purpose, Status string
		Bytes                                 int
	}
	if err := json.Unmarshal(r.body, &f); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	if f.Object != "file" || f.Filename != "requests.jsonl" || f.Purpose != "batch" || f.Status != "processed" || f.Bytes != len(lines) {
		t.Errorf("%+v", f)
	}
	return f.ID
}

// settled waits for a batch's end.
func settled(t *testing.T, server *httptest.Server, id string) map[string]any {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < time.Minute; {
		b := asked(t, server, http.MethodGet, "/v1/batches/"+id, nil, "")
		switch b["status"] {
		case "completed", "failed", "cancelled":
			return b
		}
	}
	t.Fatal("the batch does not end")
	return nil
}

func content(t *testing.T, server *httptest.Server, id any) string {
	t.Helper()
	r := send(t, server, http.MethodGet, fmt.Sprintf("/v1/files/%s/content", id), nil, "")
	if r.StatusCode != http.StatusOK {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	return string(r.body)
}

const batchBody = `{"input_file_id":%q,"endpoint":"/v1/classify","completion_window":"24h","metadata":{"k":"v"},"labels":["billing","technical"],"new_option":1}`

// TestBatch answers a file of requests, and gives each line that is none its error.
func TestBatch(t *testing.T) {
	server, _ := newJobs(t, true)
	line := func(id, body string) string {
		return `{"custom_id":"` + id + `","method":"POST","url":"/v1/classify","body":` + body + `}` + "\n"
	}
	lines := line("a", `{"text":"refund me"}`) +
		"not json\n" +
		line("b", `{"text":"who won the match","labels":["sport","finance"],"model":"x"}`) +
		line("c", `{"text":" "}`) +
		`{"method":"POST","url":"/v1/classify","body":{"text":"x"}}` + "\n" +
		`{"custom_id":"d","method":"GET","url":"/v1/classify","body":{"text":"x"}}` + "\n" +
		`{"custom_id":"e","method":"POST","url":"/v1/tag","body":{"text":"x"}}` + "\n" +
		line("f", `{"text":"x","labels":["a","a"]}`) +
		line("g", `{"text":"the app crashes"}`)
	file := fileOf(t, server, nil, lines)
	made := asked(t, server, http.MethodPost, "/v1/batches", nil, fmt.Sprintf(batchBody, file))
	if made["object"] != "batch" || made["status"] != "validating" || made["input_file_id"] != file {
		t.Errorf("%v", made)
	}
	b := settled(t, server, made["id"].(string))
	if diff := cmp.Diff(map[string]any{"total": 9.0, "completed": 3.0, "failed": 6.0}, b["request_counts"]); diff != "" || b["status"] != "completed" {
		t.Errorf("%v\n%s", b, diff)
	}
	type answer struct {
		ID       string `json:"id"`
		CustomID string `json:"custom_id"`
		Response *struct {
			Status int    `json:"status_code"`
			ID     string `json:"request_id"`
			Body   struct {
				Label string
				Error struct{ Code, Type string }
			}
		}
		Error *struct{ Code string }
	}
	read := func(data string) (all []string) {
		ids := make(map[string]bool)
		for l := range strings.Lines(data) {
			var a answer
			if err := json.Unmarshal([]byte(l), &a); err != nil {
				t.Fatal(err, l)
			}
			if ids[a.ID] || !strings.HasPrefix(a.ID, "batch_req_") {
				t.Errorf("id %q", a.ID)
			}
			ids[a.ID] = true
			switch {
			case a.Error != nil:
				all = append(all, a.CustomID+" "+a.Error.Code)
			default:
				all = append(all, fmt.Sprint(a.CustomID, " ", a.Response.Status, " ", a.Response.Body.Label, a.Response.Body.Error.Code))
			}
		}
		return all
	}
	if s := asked(t, server, http.MethodGet, "/v1/batch/"+b["id"].(string), nil, ""); s["actual_tokens"] != 10.0 {
		t.Errorf("%v", s)
	}
	if diff := cmp.Diff([]string{"a 200 billing", "b 200 sport", "g 200 technical"}, read(content(t, server, b["output_file_id"]))); diff != "" {
		t.Error(diff)
	}
	want := []string{" record.json", "c 400 text.blank", " request.line", "d request.line", "e request.line", "f 400 labels.duplicate"}
	if diff := cmp.Diff(want, read(content(t, server, b["error_file_id"]))); diff != "" {
		t.Error(diff)
	}
	list := asked(t, server, http.MethodGet, "/v1/files?purpose=batch_output", nil, "")
	if n := len(list["data"].([]any)); n != 2 || list["has_more"] != false {
		t.Errorf("%v", list)
	}
	if r := send(t, server, http.MethodGet, "/v1/batch", nil, ""); !strings.Contains(string(r.body), made["id"].(string)) {
		t.Errorf("among the jobs: %s", r.body)
	}
	asked(t, server, http.MethodDelete, "/v1/files/"+b["output_file_id"].(string), nil, "")
	if again := asked(t, server, http.MethodGet, "/v1/batches/"+b["id"].(string), nil, ""); again["output_file_id"] != nil || again["error_file_id"] == nil {
		t.Errorf("%v", again)
	}
}

// TestAllRefused completes a batch of nothing but bad lines.
func TestAllRefused(t *testing.T) {
	server, _ := newJobs(t, true)
	made := asked(t, server, http.MethodPost, "/v1/batches", nil, fmt.Sprintf(batchBody, fileOf(t, server, nil, strings.Repeat("{}\n", 3000))))
	b := settled(t, server, made["id"].(string))
	if b["status"] != "completed" || b["output_file_id"] != nil || strings.Count(content(t, server, b["error_file_id"]), "\n") != 3000 {
		t.Errorf("%v", b)
	}
}

// TestBatchPages lists batches and files in pages, and cancels one that waits.
func TestBatchPages(t *testing.T) {
	server, _ := newJobs(t, false)
	file := fileOf(t, server, nil, "{}\n")
	makeJob(t, server, nil, labelled) // which is no batch
	var want []string
	for range 3 {
		b := asked(t, server, http.MethodPost, "/v1/batches", nil, fmt.Sprintf(batchBody, file))
		want = append([]string{b["id"].(string)}, want...)
		for begun := time.Now().UnixMilli(); time.Now().UnixMilli() == begun; { // the order is that of milliseconds
		}
	}
	var got []string
	for after := ""; ; {
		page := asked(t, server, http.MethodGet, "/v1/batches?limit=2"+after, nil, "")
		for _, one := range page["data"].([]any) {
			got = append(got, one.(map[string]any)["id"].(string))
		}
		if page["has_more"] != true {
			break
		}
		after = "&after=" + page["last_id"].(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if b := asked(t, server, http.MethodPost, "/v1/batches/"+want[0]+"/cancel", nil, ""); b["status"] != "cancelled" || b["cancelled_at"] == nil {
		t.Errorf("%v", b)
	}
	if r := send(t, server, http.MethodPost, "/v1/batches/"+want[0]+"/cancel", nil, ""); r.StatusCode != http.StatusConflict {
		t.Errorf("again: status %d", r.StatusCode)
	}
}

// TestParts makes a file of parts.
func TestParts(t *testing.T) {
	server, _ := newJobs(t, false)
	begin := func(size int) string {
		return asked(t, server, http.MethodPost, "/v1/uploads", nil, fmt.Sprintf(`{"filename":"r.jsonl","purpose":"batch","bytes":%d,"mime_type":"text/jsonl"}`, size))["id"].(string)
	}
	id := begin(6)
	var parts []string
	for _, data := range []string{"def", "abc"} {
		r := sendForm(t, server, "/v1/uploads/"+id+"/parts", nil, "@data", data)
		var p struct{ ID, Object string }
		if err := json.Unmarshal(r.body, &p); err != nil || p.Object != "upload.part" {
			t.Fatalf("%s", r.body)
		}
		parts = append(parts, p.ID)
	}
	complete := func(ids ...string) *reply {
		data, _ := json.Marshal(map[string]any{"part_ids": ids})
		return send(t, server, http.MethodPost, "/v1/uploads/"+id+"/complete", nil, string(data))
	}
	for _, wrong := range [][]string{{parts[0]}, {parts[0], "part_x"}, {}} {
		if r := complete(wrong...); r.StatusCode != http.StatusBadRequest || !strings.Contains(string(r.body), `"code":"file.parts"`) {
			t.Errorf("%v: status %d %s", wrong, r.StatusCode, r.body)
		}
	}
	var u struct {
		Status string
		File   struct{ ID string }
	}
	r := complete(parts[1], parts[0])
	if err := json.Unmarshal(r.body, &u); err != nil || u.Status != "completed" {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	if got := content(t, server, u.File.ID); got != "abcdef" {
		t.Errorf("%q", got)
	}
	if r := complete(parts...); r.StatusCode != http.StatusBadRequest || !strings.Contains(string(r.body), `"code":"file.state"`) {
		t.Errorf("again: status %d %s", r.StatusCode, r.body)
	}
	id = begin(3)
	if u := asked(t, server, http.MethodPost, "/v1/uploads/"+id+"/cancel", nil, ""); u["status"] != "cancelled" {
		t.Errorf("%v", u)
	}
}

// pairs are so many pairs of a JSON object.
func pairs(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"k%d":"v"`, i)
	}
	return strings.Join(all, ",")
}

// TestBatchProblems have OpenAI's shape.
func TestBatchProblems(t *testing.T) {
	server, _ := newJobs(t, false)
	file := fileOf(t, server, nil, "{}\n")
	body := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(fmt.Sprintf(batchBody, file))
	}
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, param              string
	}{
		{"endpoint", "POST", "/v1/batches", body("/v1/classify", "/v1/chat/completions"), 400, "batch.endpoint", "endpoint"},
		{"window", "POST", "/v1/batches", body("24h", "1h"), 400, "batch.window", "completion_window"},
		{"metadata", "POST", "/v1/batches", body(`"k":"v"`, `"k":"`+strings.Repeat("x", 513)+`"`), 400, "batch.metadata", "metadata"},
		{"metadata of 17 pairs", "POST", "/v1/batches", body(`"k":"v"`, pairs(17)), 400, "batch.metadata", "metadata"},
		{"file", "POST", "/v1/batches", body(file, "file-x"), 404, "file.unknown", "input_file_id"},
		{"labels", "POST", "/v1/batches", body(`"technical"`, `"Billing"`), 400, "labels.duplicate", ""},
		{"type", "POST", "/v1/batches", body(`"24h"`, `24`), 400, "field.type", "completion_window"},
		{"JSON", "POST", "/v1/batches", "{", 400, "body.json", ""},
		{"unknown batch", "GET", "/v1/batches/x", "", 404, "job.unknown", ""},
		{"unknown file", "GET", "/v1/files/..%5cx", "", 404, "file.unknown", ""},
		{"content", "GET", "/v1/files/file-x/content", "", 404, "file.unknown", ""},
		{"limit", "GET", "/v1/files?limit=0", "", 400, "list.range", "limit"},
		{"after", "GET", "/v1/batches?after=x", "", 400, "list.range", "after"},
		{"no form", "POST", "/v1/files", "{}", 400, "upload.part", ""},
		{"upload of nothing", "POST", "/v1/uploads", `{"filename":"x","purpose":"batch","bytes":0}`, 400, "field.range", "bytes"},
		{"purpose", "POST", "/v1/uploads", `{"filename":"x","purpose":"fine-tune","bytes":1}`, 400, "file.purpose", "purpose"},
	} {
		r := send(t, server, c.method, c.path, nil, c.body)
		var p struct {
			Error struct{ Message, Type, Param, Code string }
		}
		if err := json.Unmarshal(r.body, &p); err != nil || r.StatusCode != c.status || p.Error.Code != c.code || p.Error.Type != "invalid_request_error" || c.param != "" && p.Error.Param != c.param {
			t.Errorf("%s: status %d %s", c.name, r.StatusCode, r.body)
		}
	}
	for name, pairs := range map[string][]string{"no purpose": {"@file", "x"}, "purpose after": {"@file", "x", "purpose", "batch"}, "no file": {"purpose", "batch"}, "empty": {"purpose", "batch", "@file", ""}} {
		if r := sendForm(t, server, "/v1/files", nil, pairs...); r.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d %s", name, r.StatusCode, r.body)
		}
	}
}

// TestBatchIsolation asks for another account's files and batches.
func TestBatchIsolation(t *testing.T) {
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys, err := account.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	server, _ := newJobs(t, false, func(c *api.Config) { c.Keys = keys })
	bearer := func(name string, scope api.Scope) map[string]string {
		return map[string]string{"Authorization": "Bearer " + newKey(t, keys, name, scope)}
	}
	owner, other, reader := bearer("shop", api.ScopeWrite), bearer("desk", api.ScopeWrite), bearer("shop", api.ScopeRead)
	file := fileOf(t, server, owner, "{}\n")
	batch := asked(t, server, http.MethodPost, "/v1/batches", owner, fmt.Sprintf(batchBody, file))["id"].(string)
	upload := asked(t, server, http.MethodPost, "/v1/uploads", owner, `{"filename":"x","purpose":"batch","bytes":1}`)["id"].(string)
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/v1/files/ID", ""},
		{"GET", "/v1/files/ID/content", ""},
		{"DELETE", "/v1/files/ID", ""},
		{"POST", "/v1/uploads/ID/complete", `{"part_ids":[]}`},
		{"POST", "/v1/uploads/ID/cancel", ""},
		{"GET", "/v1/batches/ID", ""},
		{"POST", "/v1/batches/ID/cancel", ""},
		{"POST", "/v1/batches", fmt.Sprintf(batchBody, "ID")},
	} {
		id := map[bool]string{true: batch, false: file}[strings.Contains(c.path, "batches/")]
		if strings.Contains(c.path, "uploads") {
			id = upload
		}
		with := func(id string, header map[string]string) *reply {
			return send(t, server, c.method, strings.Replace(c.path, "ID", id, 1), header, strings.Replace(c.body, "ID", id, 1))
		}
		foreign, never := with(id, other), with("never", other)
		if diff := cmp.Diff(string(never.body), string(foreign.body)); diff != "" || foreign.StatusCode != http.StatusNotFound || never.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s: status %d and %d (-never +foreign)\n%s", c.method, c.path, never.StatusCode, foreign.StatusCode, diff)
		}
		if c.method != "GET" {
			if r := with(id, reader); r.StatusCode != http.StatusForbidden || !strings.Contains(string(r.body), `"code":"auth.scope"`) {
				t.Errorf("%s %s with a key that may read: status %d %s", c.method, c.path, r.StatusCode, r.body)
			}
		}
	}
	for _, path := range []string{"/v1/files", "/v1/batches"} {
		if list := asked(t, server, http.MethodGet, path, other, ""); len(list["data"].([]any)) != 0 {
			t.Errorf("%s: %v", path, list)
		}
	}
}

// adopted are the outputs that a batch has left.
type adopted []filestore.Output

func (a *adopted) Adopt(_ context.Context, o filestore.Output) error {
	*a = append(*a, o)
	return nil
}

// TestLeave: of outputs that are not sealed, only the lines that are committed count.
func TestLeave(t *testing.T) {
	dir := t.TempDir()
	answered, refused := filepath.Join(dir, "answered"), filepath.Join(dir, "refused")
	for _, path := range []string{answered + ".part", refused} {
		if err := os.WriteFile(path, []byte("1\n2\n3\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got adopted
	j := &job.Job{ID: "batch_1", Account: "shop", Config: []byte(`{"requests":{}}`)}
	if err := api.Leave(t.Context(), &got, j, job.Progress{Done: 9, Failures: 7}, answered, refused); err != nil {
		t.Fatal(err)
	}
	want := adopted{
		{ID: "file-1-output", Account: "shop", Job: "batch_1", Name: "batch_1_output.jsonl", Path: answered + ".part", Lines: 2},
		{ID: "file-1-errors", Account: "shop", Job: "batch_1", Name: "batch_1_error.jsonl", Path: refused, Whole: true, Lines: 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = nil
	if err := api.Leave(t.Context(), &got, j, job.Progress{Done: 7, Failures: 7}, answered, refused); err != nil || len(got) != 1 {
		t.Errorf("nothing is committed: %v, %v", got, err)
	}
}
