package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
)

// TestBackend: each way to ask for the encoder gives the encoder's answer, and each way to ask for none the server's usual one.
func TestBackend(t *testing.T) {
	server, _ := newJobs(t, true)
	const labels = `"labels":["billing","technical"]`
	const text = `{"text":"I was charged twice"}`
	ask := func(more string) float32 {
		t.Helper()
		var got api.Classified
		post(t, server, "/v1/classify", `{"text":"I was charged twice",`+more+`}`, &got)
		return *got.Confidence
	}
	static, encoder := ask(labels), ask(labels+`,"backend":"encoder"`)
	if static == encoder || ask(labels+`,"backend":"static"`) != static {
		t.Errorf("static %v, encoder %v", static, encoder)
	}
	saveClassifier(t, server, nil, `{"name":"by-encoder",`+labels+`,"backend":"encoder"}`, http.StatusCreated)
	if got := ask(`"classifier":"by-encoder"`); got != encoder {
		t.Errorf("saved: %v, want %v", got, encoder)
	}
	job := func(more string) float32 {
		t.Helper()
		m := makeJob(t, server, nil, `{`+more+`}`)
		upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(text+"\n"))
		asked202(t, server, "/v1/batch/"+m.JobID+"/start")
		finished(t, server, m.JobID)
		var line struct{ Confidence float32 }
		if err := json.Unmarshal(fetch(t, server, "/v1/batch/"+m.JobID+"/results"), &line); err != nil {
			t.Fatal(err)
		}
		return line.Confidence
	}
	if got := job(labels); got != static {
		t.Errorf("a job: %v, want %v", got, static)
	}
	for _, more := range []string{labels + `,"backend":"encoder"`, `"classifier":"by-encoder"`} {
		if got := job(more); got != encoder {
			t.Errorf("a job by %s: %v, want %v", more, got, encoder)
		}
	}
	line := func(more string) string {
		return `{"custom_id":"a","method":"POST","url":"/v1/classify","body":{"text":"I was charged twice"` + more + `}}` + "\n"
	}
	for name, c := range map[string]struct{ batch, line string }{
		"of the batch":                {`,"backend":"encoder",` + labels, ""},
		"of the batch, labels of it":  {`,"backend":"encoder"`, "," + labels},
		"of the request":              {"", `,"backend":"encoder",` + labels},
		"a classifier in spite of it": {`,"backend":"static",` + labels, `,"classifier":"by-encoder"`},
	} {
		file := fileOf(t, server, nil, line(c.line))
		made := asked(t, server, http.MethodPost, "/v1/batches", nil, fmt.Sprintf(`{"input_file_id":%q,"endpoint":"/v1/classify","completion_window":"24h"%s}`, file, c.batch))
		b := settled(t, server, made["id"].(string))
		var answer struct {
			Response struct{ Body struct{ Confidence float32 } }
		}
		if err := json.Unmarshal([]byte(content(t, server, b["output_file_id"])), &answer); err != nil || answer.Response.Body.Confidence != encoder {
			t.Errorf("%s: %v %v, want %v", name, err, answer, encoder)
		}
	}
	for body, code := range map[string]string{
		labels + `,"backend":"bert"`:                   "FIELD_RANGE",
		labels + `,"backend":7`:                        "FIELD_TYPE",
		`"classifier":"by-encoder","backend":"static"`: "LABELS_OR_CLASSIFIER",
	} {
		if r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"x",`+body+`}`); r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != code {
			t.Errorf("%s: status %d %s", body, r.StatusCode, r.body)
		}
	}
	long := fmt.Sprintf(`%s,"examples":{"billing":["%s"],"technical":["%s"]}`, labels, strings.Repeat("refund ", 20_000), strings.Repeat("crash ", 20_000))
	for backend, status := range map[string]int{"static": http.StatusOK, "encoder": http.StatusBadRequest, "auto": http.StatusBadRequest} {
		if r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"x",`+long+`,"backend":"`+backend+`"}`); r.StatusCode != status {
			t.Errorf("long examples for %s: status %d %.200s", backend, r.StatusCode, r.body)
		}
	}
	if r := send(t, server, http.MethodPost, "/v1/classifiers", nil, `{"name":"x","backend":"auto",`+labels+`}`); r.StatusCode != http.StatusBadRequest || !strings.Contains(string(r.body), "auto") {
		t.Errorf("auto is saved: status %d %s", r.StatusCode, r.body)
	}
}

// TestUsualBackend: the server's setting holds where a request names no backend.
func TestUsualBackend(t *testing.T) {
	const body = `{"text":"I was charged twice","labels":["billing","technical"]%s}`
	answer := func(usual, more string) float32 {
		server := newServer(t, func(c *api.Config) { c.Server.Backend = usual })
		var got api.Classified
		post(t, server, "/v1/classify", fmt.Sprintf(body, more), &got)
		return *got.Confidence
	}
	static, encoder := answer(config.BackendStatic, ""), answer(config.BackendStatic, `,"backend":"encoder"`)
	if got := answer(config.BackendEncoder, ""); got != encoder {
		t.Errorf("usually the encoder: %v, want %v", got, encoder)
	}
	if got := answer(config.BackendEncoder, `,"backend":"static"`); got != static {
		t.Errorf("not this time: %v, want %v", got, static)
	}
	if got := answer(config.BackendAuto, ""); got != encoder && got != static {
		t.Errorf("auto: %v, of %v and %v", got, static, encoder)
	}
}
