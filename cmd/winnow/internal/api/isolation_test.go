package api_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/pipeline/job"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

func newMemory(t *testing.T) *once.Store {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	m, err := once.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestIsolation asks every route of the table, as another account, for what an account has. The answers are those for
// what never was. A route whose path has a placeholder that the test does not know fails it.
func TestIsolation(t *testing.T) {
	keys := newKeys(t)
	server, _ := newJobs(t, false, func(c *api.Config) { c.Keys, c.Keyring = keys, keys })
	bearer := func(name string, scope api.Scope) map[string]string {
		return map[string]string{"Authorization": "Bearer " + newKey(t, keys, name, scope)}
	}
	owner, other, reader := bearer("shop", api.ScopeWrite), bearer("desk", api.ScopeAdmin), bearer("shop", api.ScopeRead)
	m := makeJob(t, server, owner, labelled)
	send(t, server, http.MethodPost, "/v1/classify", owner, `{"text":"it crashes","labels":["bug","praise"]}`)
	saveClassifier(t, server, owner, `{"name":"shop-only","labels":["bug","praise"]}`, http.StatusCreated)
	file := idOf(t, uploadWith(t, server, "/v1/files", owner, [][2]string{{"purpose", "batch"}}, []byte(`{"custom_id":"a","method":"POST","url":"/v1/classify","body":{"text":"a"}}`+"\n")))
	parts := idOf(t, send(t, server, http.MethodPost, "/v1/uploads", owner, `{"filename":"a.jsonl","purpose":"batch","bytes":10,"mime_type":"application/jsonl"}`))
	batch := idOf(t, send(t, server, http.MethodPost, "/v1/batches", owner, `{"input_file_id":"`+file+`","endpoint":"/v1/classify","completion_window":"24h","labels":["bug","praise"]}`))
	hook := idOf(t, send(t, server, http.MethodPost, "/v1/webhooks", owner, `{"url":"https://example.com/hook"}`))
	key := idOf(t, send(t, server, http.MethodPost, "/v1/keys", bearer("shop", api.ScopeAdmin), `{"scope":"read"}`))
	rows := makeTable(t, server, owner, "model", "topics", "@file", "text\na\n")["id"].(string)
	// What stands for the placeholder of a path, by how the path begins; and what never was.
	has := map[string]string{
		"/v1/batch/": m.JobID, "/v1/classifiers/": "shop-only", "/v1/files/": file, "/v1/uploads/": parts, "/v1/batches/": batch, "/api/batch_jobs/": rows,
		"/v1/webhooks/": hook, "/v1/keys/": key,
	}
	never := map[string]string{
		"/v1/batch/": job.NewID(), "/v1/classifiers/": "no-one-s", "/v1/files/": "file-aaaaaaaaaaaaaaaaaaaaaaaa", "/v1/uploads/": "upload_aaaaaaaaaaaaaaaaaaaaaaaa", "/v1/batches/": job.NewID(), "/api/batch_jobs/": job.NewID(),
		"/v1/webhooks/": "wh_aaaaaaaaaaaaaaaaaaaaaaaa", "/v1/keys/": "aaaaaaaa",
	}
	for _, route := range server.Config.Handler.(*api.Server).Routes() {
		t.Run(route.Method+" "+route.Path, func(t *testing.T) {
			path, unknown := route.Path, route.Path
			for begin := range has {
				if rest, ok := strings.CutPrefix(route.Path, begin); ok && strings.HasPrefix(rest, "{") {
					_, rest, _ = strings.Cut(rest, "}")
					path, unknown = begin+has[begin]+rest, begin+never[begin]+rest
				}
			}
			if route.Scope == api.ScopeNone {
				if strings.Contains(path, "{") && !strings.Contains(path, "{ticket}") && path != "/{$}" {
					t.Errorf("%s: who may ask?", path)
				}
				return
			}
			if strings.Contains(path, "{") {
				t.Fatalf("what is %s?", path)
			}
			if r := send(t, server, route.Method, path, nil, ""); r.StatusCode != http.StatusUnauthorized {
				t.Errorf("without a key: status %d", r.StatusCode)
			}
			if route.Scope > api.ScopeRead {
				if r := send(t, server, route.Method, path, reader, ""); r.StatusCode != http.StatusForbidden || !bytes.Contains(bytes.ToLower(r.body), []byte("scope")) {
					t.Errorf("with a key that may read: status %d", r.StatusCode)
				}
			}
			foreign := asIsDue(t, server, route.Method, path, other)
			if path == unknown {
				for _, id := range has {
					if bytes.Contains(foreign.body, []byte(id)) {
						t.Errorf("the other account sees %s", foreign.body)
					}
				}
				return
			}
			nobodys := asIsDue(t, server, route.Method, unknown, other)
			same := strings.NewReplacer("shop-only", "NAME", "no-one-s", "NAME", foreign.Header.Get("X-Request-Id"), "ID", nobodys.Header.Get("X-Request-Id"), "ID")
			if diff := cmp.Diff(same.Replace(string(nobodys.body)), same.Replace(string(foreign.body))); diff != "" || foreign.StatusCode != http.StatusNotFound || nobodys.StatusCode != http.StatusNotFound {
				t.Errorf("status %d (-never +foreign)\n%s", foreign.StatusCode, diff)
			}
		})
	}
	for name, want := range map[string]float64{"shop": 1, "desk": 0} {
		who := map[string]map[string]string{"shop": owner, "desk": other}[name]
		total := report(t, send(t, server, http.MethodGet, "/v1/usage", who, ""))["total"].(map[string]any)
		if total["requests"] != want {
			t.Errorf("%s has used %v", name, total)
		}
	}
	for _, path := range []string{"/v1/batch/" + m.JobID, "/v1/classifiers/shop-only"} {
		if r := send(t, server, http.MethodGet, path, owner, ""); r.StatusCode != http.StatusOK {
			t.Errorf("the owner's %s: status %d", path, r.StatusCode)
		}
	}
	for _, body := range []string{`{"text":"a","classifier":"shop-only"}`} {
		if r := send(t, server, http.MethodPost, "/v1/classify", other, body); r.StatusCode != http.StatusNotFound {
			t.Errorf("the other account uses the classifier: status %d", r.StatusCode)
		}
	}
}

// asIsDue sends what a route takes that looks at its body before it looks for what is named in its path.
func asIsDue(t *testing.T, server *httptest.Server, method, path string, header map[string]string) *reply {
	t.Helper()
	switch {
	case strings.HasSuffix(path, "/parts"):
		return uploadWith(t, server, path, header, [][2]string{{"+data", "x"}}, nil)
	case strings.HasSuffix(path, "/complete"):
		return send(t, server, method, path, header, `{"part_ids":["part_a"]}`)
	default:
		return send(t, server, method, path, header, "")
	}
}

// idOf is the id of what was made.
func idOf(t *testing.T, r *reply) string {
	t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal(r.body, &made); err != nil || r.StatusCode >= 300 || made.ID == "" {
		t.Fatalf("status %d, %v: %s", r.StatusCode, err, r.body)
	}
	return made.ID
}

// TestCanaries takes a job through its life with a text, a key and signatures that can be told from everything else. They
// are in no line of the log, no error, nothing that is told of the job, and no file but the input.
func TestCanaries(t *testing.T) {
	keys := newKeys(t)
	var log syncBuffer
	server, dir := newJobs(t, true, func(c *api.Config) {
		c.Keys, c.Memory, c.Log = keys, newMemory(t), zerolog.New(&log).Level(zerolog.TraceLevel)
	})
	key := newKey(t, keys, "shop", api.ScopeWrite)
	who := map[string]string{"Authorization": "Bearer " + key}
	const text = "canary-in-a-text"
	m := makeJob(t, server, who, labelled)
	input := `{"text": "` + text + ` asks for help with billing"}` + "\n" + text + "\n"
	if r := uploadWith(t, server, m.UploadURL, who, [][2]string{{"key", m.InputKey}, {"x-amz-signature", m.UploadFields["x-amz-signature"]}}, []byte(input)); r.StatusCode != http.StatusNoContent {
		t.Fatalf("status %d %s", r.StatusCode, r.body)
	}
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", who, "")
	var s map[string]any
	for s["status"] != "completed" && s["status"] != "failed" {
		if err := json.Unmarshal(send(t, server, http.MethodGet, "/v1/batch/"+m.JobID, who, "").body, &s); err != nil {
			t.Fatal(err)
		}
	}
	var found struct {
		DownloadURL string `json:"download_url"`
	}
	r := send(t, server, http.MethodGet, "/v1/batch/"+m.JobID+"/results", who, "")
	if err := json.Unmarshal(r.body, &found); err != nil || found.DownloadURL == "" {
		t.Fatalf("%v %s", err, r.body)
	}
	download := strings.TrimPrefix(found.DownloadURL, server.URL)
	results := send(t, server, http.MethodGet, download, nil, "")
	secrets := map[string]string{
		"the text": text, "the key": key[12:], "the upload's ticket": strings.TrimPrefix(m.UploadURL, server.URL+"/_blob/u/"),
		"the upload's signature": m.UploadFields["x-amz-signature"], "the download's ticket": strings.TrimPrefix(download, "/_blob/d/"),
	}
	errors := [][]byte{
		send(t, server, http.MethodPost, "/v1/classify", who, `{"text":"`+text+`","labels":["a","a"]}`).body,
		send(t, server, http.MethodPost, "/v1/classify?key="+key, nil, `{"text":"`+text+`"}`).body,
		send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Authorization": "Bearer x" + key}, `{}`).body,
		send(t, server, http.MethodGet, download+"x", who, "").body,
		upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}, {"x-amz-signature", m.UploadFields["x-amz-signature"]}}, []byte(input)).body,
	}
	told := make(map[string][]byte)
	for _, path := range []string{"/v1/batch", "/v1/batch/" + m.JobID, "/v1/batch/" + m.JobID + "/events", "/v1/usage?by=key,classifier", "/metrics", "/readyz"} {
		told[path] = send(t, server, http.MethodGet, path, who, "").body
		if len(told[path]) < 10 {
			t.Errorf("%s has nothing: %s", path, told[path])
		}
	}
	told["the stream of events"] = send(t, server, http.MethodGet, "/v1/batch/"+m.JobID+"/events", map[string]string{"Authorization": "Bearer " + key, "Accept": "text/event-stream"}, "").body
	for what, secret := range secrets {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log", what)
		}
		if bytes.Contains(results.body, []byte(secret)) {
			t.Errorf("%s is in the results", what)
		}
		for _, body := range errors {
			if bytes.Contains(body, []byte(secret)) {
				t.Errorf("%s is in an error: %s", what, body)
			}
		}
		for route, body := range told {
			if bytes.Contains(body, []byte(secret)) {
				t.Errorf("%s is in %s: %s", what, route, body)
			}
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "input") {
			return err
		}
		data, err := os.ReadFile(path)
		for what, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s is in %s", what, d.Name())
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
