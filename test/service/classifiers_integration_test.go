//go:build integration

package service

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestSharedClassifiers saves a classifier on one of two servers that share everything: the other one answers by it, and a
// version that was replaced there can't be replaced here.
func TestSharedClassifiers(t *testing.T) {
	bin, settings := build(t), shared(t)
	one, two := start(t, bin, t.TempDir(), settings...).address, start(t, bin, t.TempDir(), settings...).address
	ask := func(address, path, ifMatch, body string) (int, string, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if ifMatch != "" {
			r.Header.Set("If-Match", ifMatch)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(data), answer.Header.Get("ETag")
	}
	status, body, first := ask(one, "/v1/classifiers", "", `{"name":"support","labels":["billing","technical"]}`)
	if status != http.StatusCreated || first == "" {
		t.Fatalf("status %d %s", status, body)
	}
	if status, body, _ = ask(two, "/v1/classify", "", `{"text":"refund my invoice","classifier":"support@v1"}`); status != http.StatusOK || !strings.Contains(body, `"label":"billing"`) {
		t.Errorf("the other server: status %d %s", status, body)
	}
	if status, body, _ = ask(two, "/v1/classifiers", first, `{"name":"support","labels":["billing","technical","sales"]}`); status != http.StatusCreated || !strings.Contains(body, `"version":2`) {
		t.Errorf("replaced by the other one: status %d %s", status, body)
	}
	if status, body, _ = ask(one, "/v1/classifiers", first, `{"name":"support","labels":["billing","sales"]}`); status != http.StatusPreconditionFailed {
		t.Errorf("replaced again: status %d %s", status, body)
	}
}
