package api_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

func newKeys(t *testing.T) *account.Store {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := account.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newKey(t *testing.T, keys *account.Store, name string, scope api.Scope) string {
	t.Helper()
	key, _, err := keys.Create(t.Context(), name, scope, 0)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

const question = `{"text":"it crashes","labels":["bug","praise"]}`

// TestKeys holds every route that needs a key to it, from the first key on.
func TestKeys(t *testing.T) {
	keys := newKeys(t)
	server := newServer(t, func(c *api.Config) { c.Keys = keys })
	placeholder := map[string]string{"Authorization": "Bearer YOUR_API_KEY"}
	if r := send(t, server, http.MethodPost, "/v1/classify", placeholder, question); r.StatusCode != http.StatusOK {
		t.Fatalf("in open mode a placeholder: status %d\n%s", r.StatusCode, r.body)
	}
	key := newKey(t, keys, "shop", api.ScopeRead)
	for _, c := range []struct {
		name, path string
		header     map[string]string
		code       string
	}{
		{"none", "/v1/classify", nil, "AUTH_MISSING"},
		{"in the query", "/v1/classify?api_key=" + key, nil, "AUTH_IN_QUERY"},
		{"another scheme", "/v1/classify", map[string]string{"Authorization": "Basic " + key}, "AUTH_SCHEME"},
		{"without scheme", "/v1/classify", map[string]string{"Authorization": key}, "AUTH_SCHEME"},
		{"a placeholder", "/v1/classify", placeholder, "AUTH_INVALID"},
	} {
		r := send(t, server, http.MethodPost, c.path, c.header, question)
		if p := problemOf(t, r); r.StatusCode != http.StatusUnauthorized || p.Code != c.code || r.Header.Get("WWW-Authenticate") != "Bearer" ||
			strings.Contains(string(r.body), key) {
			t.Errorf("%s: status %d\n%s", c.name, r.StatusCode, r.body)
		}
	}
	// With a key, a request may come through a proxy, by any name, and from any page that has the key.
	with := map[string]string{"Authorization": "bearer " + key, "X-Forwarded-For": "10.0.0.1", "Host": "winnow.example.com", "Origin": "https://app.example.com"}
	if r := send(t, server, http.MethodPost, "/v1/classify", with, question); r.StatusCode != http.StatusOK {
		t.Errorf("status %d\n%s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodGet, "/metrics", nil, ""); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("metrics without a key: status %d", r.StatusCode)
	}
	if r := send(t, server, http.MethodGet, "/healthz", nil, ""); r.StatusCode != http.StatusOK {
		t.Errorf("health without a key: status %d", r.StatusCode)
	}
}

// TestAccounts keeps the cached answers of accounts apart.
func TestAccounts(t *testing.T) {
	keys := newKeys(t)
	server := newServer(t, func(c *api.Config) { c.Keys = keys })
	for _, step := range []struct{ key, want string }{
		{newKey(t, keys, "shop", api.ScopeRead), "MISS"}, {newKey(t, keys, "shop", api.ScopeRead), "HIT"}, {newKey(t, keys, "desk", api.ScopeRead), "MISS"},
	} {
		r := send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Authorization": "Bearer " + step.key}, question)
		if got := r.Header.Get("X-Cache"); got != step.want {
			t.Errorf("X-Cache: %q, want %q", got, step.want)
		}
	}
}

func TestRate(t *testing.T) {
	keys := newKeys(t)
	server := newServer(t, func(c *api.Config) { c.Keys, c.Rate = keys, &config.Rate{Requests: 2} })
	one, other := newKey(t, keys, "shop", api.ScopeRead), newKey(t, keys, "shop", api.ScopeRead)
	for begun := time.Now().Unix() / 60; ; begun = time.Now().Unix() / 60 {
		var statuses strings.Builder
		for _, step := range []struct{ key, left string }{{one, "1"}, {one, "0"}, {one, "0"}, {other, "1"}} {
			r := send(t, server, http.MethodPost, "/v1/classify", map[string]string{"Authorization": "Bearer " + step.key}, question)
			fmt.Fprintf(&statuses, "%d %s%s ", r.StatusCode, r.Header.Get("X-RateLimit-Limit-Requests"), r.Header.Get("X-RateLimit-Remaining-Requests"))
			reset, err := strconv.ParseInt(r.Header.Get("X-RateLimit-Reset"), 10, 64)
			if err != nil || reset%60 != 0 {
				t.Errorf("reset %d, %v", reset, err)
			}
			if after, err := strconv.Atoi(r.Header.Get("Retry-After")); r.StatusCode == http.StatusTooManyRequests && (err != nil || after < 1 || after > 60) {
				t.Errorf("Retry-After %d, %v", after, err)
			}
		}
		if time.Now().Unix()/60 != begun { // the minute has changed on the way
			continue
		}
		if want := "200 21 200 20 429 20 200 21 "; statuses.String() != want {
			t.Errorf("got %s, want %s", &statuses, want)
		}
		return
	}
}

// TestTokenRate lets a key use 5 tokens a minute. What its texts have above them counts in the minutes that follow, and answers
// that were kept cost none.
func TestTokenRate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0) // a minute begins
	server := newServer(t, func(c *api.Config) { c.Rate, c.Now = &config.Rate{Tokens: 5}, func() time.Time { return now } })
	three, kept, thirteen := `{"text":"it crashes often","labels":["bug"],"cache":false}`, `{"text":"it crashes often","labels":["bug"]}`,
		`{"texts":["it crashes often","it crashes often","it crashes often","the app crashes often"],"labels":["bug"],"cache":false}`
	for _, step := range []struct {
		after  time.Duration
		body   string
		status int
		left   string // tokens
		come   string // Retry-After
	}{
		{0, three, 200, "2", ""},
		{0, kept, 200, "2", ""},
		{0, three, 200, "0", ""}, // 6 of 5
		{0, kept, 429, "0", "60"},
		{500 * time.Millisecond, kept, 429, "0", "60"}, // a client that comes after 59.5 s would be too early
		{59500 * time.Millisecond, three, 200, "1", ""},
		{0, thirteen, 200, "0", ""}, // 17 of 5
		{30 * time.Second, three, 429, "0", "150"},
		{149 * time.Second, three, 429, "0", "1"},
		{time.Second, three, 200, "0", ""}, // the 4th minute, with 2 of 5 used before
		{10 * time.Minute, kept, 200, "5", ""},
	} {
		now = now.Add(step.after)
		path := "/v1/classify"
		if strings.Contains(step.body, "texts") {
			path += "/batch"
		}
		r := send(t, server, http.MethodPost, path, nil, step.body)
		h := r.Header
		got := fmt.Sprint(r.StatusCode, h.Get("X-RateLimit-Limit-Tokens"), h.Get("X-RateLimit-Remaining-Tokens"), h.Get("Retry-After"), h.Get("X-RateLimit-Limit-Requests"))
		if want := fmt.Sprint(step.status, "5", step.left, step.come, ""); got != want {
			t.Errorf("at %s: %s, want %s\n%s", now.UTC().Format(time.TimeOnly), got, want, r.body)
		}
	}
	if r := send(t, server, http.MethodGet, "/v1/classifiers", nil, ""); r.StatusCode != http.StatusOK || r.Header.Get("X-RateLimit-Remaining-Tokens") != "5" {
		t.Errorf("status %d, %v", r.StatusCode, r.Header)
	}
}
