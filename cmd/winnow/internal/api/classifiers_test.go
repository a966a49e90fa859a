package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// version is what the tests read of a saved classifier.
type version struct {
	Reference string
	Version   int
	Own       bool
	Labels    []struct{ Name, Description string }
}

func saveClassifier(t *testing.T, server *httptest.Server, header map[string]string, body string, status int) (version, *reply) {
	t.Helper()
	r := send(t, server, http.MethodPost, "/v1/classifiers", header, body)
	var v version
	if err := json.Unmarshal(r.body, &v); err != nil || r.StatusCode != status {
		t.Fatalf("status %d, want %d, %v: %s", r.StatusCode, status, err, r.body)
	}
	return v, r
}

// TestClassifiers saves versions of a name, uses them by every kind of reference, and deletes them.
func TestClassifiers(t *testing.T) {
	server := newServer(t)
	const one, two = `{"name":"support","labels":["bug","praise"],"descriptions":{"bug":"it does not work"}}`, `{"name":"support","labels":["bug","praise","question"]}`
	first, r := saveClassifier(t, server, nil, one, http.StatusCreated)
	if first.Reference != "support@v1" || !first.Own || first.Labels[0].Description != "it does not work" {
		t.Errorf("%s", r.body)
	}
	if again, _ := saveClassifier(t, server, nil, one, http.StatusOK); again.Version != 1 {
		t.Errorf("the same again: version %d", again.Version)
	}
	if second, _ := saveClassifier(t, server, map[string]string{"If-Match": r.Header.Get("ETag")}, two, http.StatusCreated); second.Reference != "support@v2" {
		t.Errorf("the next: %s", second.Reference)
	}
	for reference, want := range map[string]string{"support": "support@v2", "support@v1": "support@v1"} {
		var v version
		if err := json.Unmarshal(send(t, server, http.MethodGet, "/v1/classifiers/"+reference, nil, "").body, &v); err != nil || v.Reference != want {
			t.Errorf("%s is %s, %v", reference, v.Reference, err)
		}
		var got api.Classified
		if post(t, server, "/v1/classify", `{"text":"it crashes","classifier":"`+reference+`"}`, &got); *got.Label != "bug" {
			t.Errorf("%s answers %s", reference, *got.Label)
		}
	}
	var some api.Classified
	post(t, server, "/v1/classify", `{"text":"it crashes","classifier":"support","labels":["praise","question"]}`, &some)
	if *some.Label == "bug" {
		t.Error("a label that was left out is given")
	}
	if r := send(t, server, http.MethodGet, "/v1/classifiers", nil, ""); !strings.HasPrefix(string(r.body), `[{"name":"support","own":true,"built_in":false,"version":2,"versions":[1,2]`) || !strings.Contains(string(r.body), `"name":"sentiment","own":false,"built_in":true`) {
		t.Errorf("%s", r.body)
	}
	if r := send(t, server, http.MethodGet, "/v1/classifiers/support/versions", nil, ""); strings.Count(string(r.body), `"reference"`) != 2 || !strings.HasPrefix(string(r.body), `[{"name":"support","version":2`) {
		t.Errorf("%s", r.body)
	}
	if r := send(t, server, http.MethodGet, "/v1/classifiers/support/diff", nil, ""); !strings.Contains(string(r.body), `"from":"support@v1","to":"support@v2"`) || !strings.Contains(string(r.body), `"labels_added":["question"]`) {
		t.Errorf("%s", r.body)
	}
	if r := send(t, server, http.MethodDelete, "/v1/classifiers/support@v2", nil, ""); string(r.body) != `{"name":"support","versions":[2],"deleted":true}`+"\n" {
		t.Errorf("%s", r.body)
	}
	if third, _ := saveClassifier(t, server, nil, two, http.StatusCreated); third.Version != 3 {
		t.Errorf("a number is given again: %d", third.Version)
	}
	send(t, server, http.MethodDelete, "/v1/classifiers/support", nil, "")
	if r := send(t, server, http.MethodGet, "/v1/classifiers/support", nil, ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("after the deletion: status %d", r.StatusCode)
	}
}

// TestSavedTags uses the threshold that a classifier was saved with, unless a request has its own.
func TestSavedTags(t *testing.T) {
	server := newServer(t)
	saveClassifier(t, server, nil, `{"name":"topics-of-mine","labels":["billing","bug"],"mode":"multi","threshold":1}`, http.StatusCreated)
	var none, all api.Tagged
	post(t, server, "/v1/tag", `{"text":"the invoice page crashes","classifier":"topics-of-mine"}`, &none)
	post(t, server, "/v1/tag", `{"text":"the invoice page crashes","classifier":"topics-of-mine","threshold":0}`, &all)
	if len(none.Labels) != 0 || len(all.Labels) != 2 {
		t.Errorf("none %v, all %v", none.Labels, all.Labels)
	}
}

// TestClassifierDeleted deletes a classifier between the making of a job and its run: the job has its own copy.
func TestClassifierDeleted(t *testing.T) {
	server, _ := newJobs(t, true)
	saveClassifier(t, server, nil, `{"name":"support","labels":["billing","technical"]}`, http.StatusCreated)
	m := makeJob(t, server, nil, `{"classifier":"support"}`)
	send(t, server, http.MethodDelete, "/v1/classifiers/support", nil, "")
	upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(`{"text":"I need help with billing"}`+"\n"))
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
	if s := finished(t, server, m.JobID); s["status"] != "completed" {
		t.Fatalf("%v", s)
	}
	if got := fetch(t, server, "/v1/batch/"+m.JobID+"/results"); !strings.HasPrefix(string(got), `{"label":"billing"`) {
		t.Errorf("%s", got)
	}
}

// TestIdempotentClassifier saves a classifier by a request that comes twice, with another in between.
func TestIdempotentClassifier(t *testing.T) {
	f := newMemory(t)
	server := newServer(t, func(c *api.Config) { c.Memory = f })
	key := map[string]string{"Idempotency-Key": "k"}
	const body = `{"name":"support","labels":["bug","praise"]}`
	_, first := saveClassifier(t, server, key, body, http.StatusCreated)
	saveClassifier(t, server, nil, `{"name":"support","labels":["bug"]}`, http.StatusCreated)
	_, again := saveClassifier(t, server, key, body, http.StatusCreated)
	if diff := cmp.Diff(string(first.body), string(again.body)); diff != "" || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error(diff)
	}
}
