package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/pipeline/spec"
	"github.com/winnow-stream/winnow/test/backing"
)

// operatorSaves saves a classifier in the server's own catalog, and returns what takes it out again.
func operatorSaves(t *testing.T, name string, d catalog.Draft) (forget func()) {
	t.Helper()
	all, err := wire.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	d.Name = name
	if _, err := all.Save(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := all.Delete(t.Context(), catalog.Reference{Name: name}, true); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGone starts jobs whose saved classifier was deleted after they were made: that is told then, and not when they run.
func TestGone(t *testing.T) {
	everywhere(t, func(t *testing.T, db *database.DB, blobs backing.Store) {
		server := newJobsOn(t, db, blobs, false)
		line := `{"text":"write to ann@example.com today","spans":[{"start":0,"end":30,"type":"request"}]}` + "\n"
		m, _, err := tagger.Train(t.Context(), tagger.Config{}, tagger.Read("lines", strings.NewReader(strings.Repeat(line, 8))), nil)
		if err != nil {
			t.Fatal(err)
		}
		labels, err := wire.Draft(&spec.Classify{Mode: classify.Single, Labels: classify.LabelSet{{Name: "bug"}, {Name: "praise"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		forgetTagger, forgetLabels := operatorSaves(t, "people", wire.TaggerDraft(m)), operatorSaves(t, "shared", labels)
		saveClassifier(t, server, nil, `{"name":"own","labels":["bug","praise"]}`, http.StatusCreated)
		table := func(model string) string {
			id := makeTable(t, server, nil, "model", model, "@file", "text\na\n")["id"].(string)
			asked202(t, server, "/v1/batch/"+id+"/cancel")
			return id
		}
		batch := func(classifier string) string {
			b := fmt.Sprintf(`{"input_file_id":%q,"endpoint":"/v1/classify","completion_window":"24h","classifier":%q}`, fileOf(t, server, nil, "{}\n"), classifier)
			id := asked(t, server, http.MethodPost, "/v1/batches", nil, b)["id"].(string)
			asked(t, server, http.MethodPost, "/v1/batches/"+id+"/cancel", nil, "")
			return id
		}
		texts := makeJob(t, server, nil, `{"classifier":"shared"}`)
		upload(t, server, texts.UploadURL, [][2]string{{"key", texts.InputKey}}, []byte(`{"text":"a"}`+"\n"))
		jobs := map[string]string{
			texts.JobID: "shared", table("people"): "people", table("shared"): "shared", batch("shared"): "shared", batch("own"): "own", table("own"): "",
		}
		forgetTagger()
		forgetLabels()
		if r := send(t, server, http.MethodDelete, "/v1/classifiers/own", nil, ""); r.StatusCode != http.StatusOK {
			t.Fatalf("status %d %s", r.StatusCode, r.body)
		}
		backing.Tick()
		for id, gone := range jobs {
			r := send(t, server, http.MethodPost, "/v1/batch/"+id+"/start?queue=true", nil, "")
			if gone == "" { // the job has a copy
				if r.StatusCode != http.StatusAccepted {
					t.Errorf("status %d %s", r.StatusCode, r.body)
				}
				continue
			}
			if p := problemOf(t, r); r.StatusCode != http.StatusBadRequest || p.Code != "JOB_CLASSIFIER" || !strings.Contains(p.Detail, gone) {
				t.Errorf("%s: status %d %s", gone, r.StatusCode, r.body)
			}
		}
	})
}

// asked202 posts something that is to be answered with 202.
func asked202(t *testing.T, server *httptest.Server, path string) {
	t.Helper()
	if r := send(t, server, http.MethodPost, path, nil, ""); r.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: status %d %s", path, r.StatusCode, r.body)
	}
}
