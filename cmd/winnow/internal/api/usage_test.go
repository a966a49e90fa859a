package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/usage"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// newUsage counts usage in a database of its own.
func newUsage(t *testing.T) *usage.Store {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := usage.New(t.Context(), db, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// report is an account's usage, without its days.
func report(t *testing.T, r *reply) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(r.body, &got); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", r.StatusCode, err, r.body)
	}
	delete(got, "from")
	delete(got, "to")
	return got
}

// TestUsage asks in several ways, and has what that was told by what it was asked by. Answers that were kept cost nothing.
func TestUsage(t *testing.T) {
	server := newServer(t, func(c *api.Config) { c.Usage, c.Prices = newUsage(t), config.Prices{Standard: 100, Fast: 1000} })
	saveClassifier(t, server, nil, `{"name":"support","labels":["bug","question"]}`, http.StatusCreated)
	for _, ask := range []struct{ path, body string }{
		{"/v1/classify", `{"text":"it crashes","labels":["bug","praise"]}`},
		{"/v1/classify", `{"text":"it crashes","labels":["bug","praise"]}`},
		{"/v1/classify", `{"text":"it crashes","labels":["bug","praise"],"priority":"fast","cache":false}`},
		{"/v1/classify/batch", `{"texts":["it crashes"," ","well done"],"classifier":"support"}`},
		{"/v1/classify", `{"text":"it crashes","labels":[]}`}, // which is refused, and counts for nothing
	} {
		send(t, server, http.MethodPost, ask.path, nil, ask.body)
	}
	counts := func(more map[string]any, requests, texts, failed, cached, tokens, cachedTokens, cost float64) map[string]any {
		all := map[string]any{"requests": requests, "jobs": 0.0, "texts": texts, "failed": failed, "cached": cached, "tokens": tokens, "cached_tokens": cachedTokens, "cost": cost}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	total := counts(nil, 4, 6, 1, 1, 10, 2, 0.0026)
	for query, want := range map[string][]any{
		"?by=classifier": {
			counts(map[string]any{"classifier": ""}, 3, 3, 0, 1, 6, 2, 0.0022),
			counts(map[string]any{"classifier": "support@v1"}, 1, 3, 1, 0, 4, 0, 0.0004),
		},
		"?by=priority,key": {
			counts(map[string]any{"priority": "fast", "key": ""}, 1, 1, 0, 0, 2, 0, 0.002),
			counts(map[string]any{"priority": "standard", "key": ""}, 3, 5, 1, 1, 8, 2, 0.0006),
		},
	} {
		got := report(t, send(t, server, http.MethodGet, "/v1/usage"+query, nil, ""))
		delete(got, "by")
		if diff := cmp.Diff(map[string]any{"data": want, "total": total}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", query, diff)
		}
	}
	if got := report(t, send(t, server, http.MethodGet, "/v1/usage?from=2001-01-01&to=2001-01-31", nil, "")); len(got["data"].([]any)) != 0 {
		t.Errorf("before: %v", got)
	}
	var days struct {
		From, To string
		Data     []struct{ Day string }
	}
	if err := json.Unmarshal(send(t, server, http.MethodGet, "/v1/usage", nil, "").body, &days); err != nil || len(days.Data) == 0 || days.Data[len(days.Data)-1].Day != days.To {
		t.Errorf("%v: %+v", err, days)
	}
}
