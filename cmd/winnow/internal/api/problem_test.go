package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// numbered are so many labels as JSON.
func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("label %d", i)
	}
	data, _ := json.Marshal(names)
	return string(data)
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// problemOf reads an error, which has the same shape whatever went wrong.
func problemOf(t *testing.T, r *reply) api.Problem {
	t.Helper()
	var p api.Problem
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%v: %s %s", err, r.Header.Get("Content-Type"), r.body)
	}
	if p.Detail != p.Message || p.Message == "" || p.RequestID != r.Header.Get("X-Request-ID") ||
		p.Error != strings.ToLower(strings.ReplaceAll(p.Code, "_", "-")) || p.Details.Fix == "" {
		t.Errorf("%s", r.body)
	}
	return p
}

// TestShape shows an error in full.
func TestShape(t *testing.T) {
	server := newServer(t, func(c *api.Config) { c.PublicURL = "https://winnow.example.com" })
	r := send(t, server, http.MethodPost, "/v1/classify", nil, `{"text":"a","labels":["","b","b"]}`)
	got := regexp.MustCompile(`req_[0-9a-f]{24}`).ReplaceAllString(string(r.body), "ID")
	const want = `{"detail":"a label is empty or blank","error":"labels-blank","code":"LABELS_BLANK","message":"a label is empty or blank",` +
		`"details":{"where":"labels[0]","fix":"remove it or give it a name"},"errors":[{"location":"labels[0]","message":"a label is empty or blank"},` +
		`{"location":"labels[2]","message":"labels[1] \"b\" and labels[2] \"b\" are the same"}],` +
		`"docs_url":"https://winnow.example.com/docs/errors#labels.blank","request_id":"ID"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzBody sends any body to every route that takes one: the answer is 200 or a client's error, never the server's.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"text":"it crashes","labels":["bug","praise"],"descriptions":{"bug":"x"},"examples":{"bug":["y"]},"threshold":0.5}`,
		`{"texts":["a"," ","\ud83d\ude00"],"labels":["a"],"cache":false,"image":[],"priority":"fast"}`,
		`{"text":"\u0000","classifier":"sentiment@v1"}`, `{"text":`, `{"labels":[[[[]]]]}`, `{"threshold":-1e999}`,
	} {
		f.Add([]byte(seed))
	}
	server := newServer(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v1/classify", "/v1/tag", "/v1/classify/batch", "/v1/tag/batch"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			server.Config.Handler.ServeHTTP(w, r)
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: status %d\n%s", path, w.Code, w.Body)
			}
		}
	})
}
