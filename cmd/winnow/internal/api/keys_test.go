package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// shown is a key as the service shows it.
type shown struct {
	ID, Prefix, Scope, Key string
	CreatedAt              time.Time  `json:"created_at"`
	ExpiresAt              *time.Time `json:"expires_at"`
	LastUsedAt             *time.Time `json:"last_used_at"`
}

// TestKeyring makes a key with a key, uses it, finds it listed without its secret, and revokes it.
func TestKeyring(t *testing.T) {
	keys := newKeys(t)
	var log syncBuffer
	server := newServer(t, func(c *api.Config) {
		c.Keys, c.Keyring, c.Memory, c.Log = keys, keys, newMemory(t), zerolog.New(&log).Level(zerolog.TraceLevel)
	})
	if r := send(t, server, http.MethodPost, "/v1/keys", nil, `{}`); r.StatusCode != http.StatusForbidden || !strings.Contains(problemOf(t, r).Details.Fix, "winnow keys create") {
		t.Errorf("as long as there is no key: status %d\n%s", r.StatusCode, r.body)
	}
	bearer := func(key string) map[string]string { return map[string]string{"Authorization": "Bearer " + key} }
	admin := bearer(newKey(t, keys, "shop", api.ScopeAdmin))
	create := func(header map[string]string, body string) (k shown) {
		t.Helper()
		r := send(t, server, http.MethodPost, "/v1/keys", header, body)
		if err := json.Unmarshal(r.body, &k); err != nil || r.StatusCode != http.StatusCreated || !strings.HasPrefix(k.Key, k.Prefix+"_") || k.LastUsedAt != nil {
			t.Fatalf("status %d, %v: %s", r.StatusCode, err, r.body)
		}
		return k
	}
	usual, short := create(admin, `{}`), create(admin, `{"scope":"read","expires_in":3600}`)
	if usual.Scope != "write" || usual.ExpiresAt != nil || short.Scope != "read" || short.ExpiresAt.Sub(short.CreatedAt) != time.Hour {
		t.Errorf("made %+v and %+v", usual, short)
	}
	if r := send(t, server, http.MethodPost, "/v1/classify", bearer(short.Key), question); r.StatusCode != http.StatusOK {
		t.Errorf("the new key: status %d\n%s", r.StatusCode, r.body)
	}
	if r := send(t, server, http.MethodPost, "/v1/keys", bearer(usual.Key), `{}`); r.StatusCode != http.StatusForbidden {
		t.Errorf("a key that may write makes one: status %d\n%s", r.StatusCode, r.body)
	}
	list := func() map[string]shown {
		r := send(t, server, http.MethodGet, "/v1/keys", admin, "")
		var all []shown
		if err := json.Unmarshal(r.body, &all); err != nil || strings.Contains(string(r.body), usual.Key[len(usual.Prefix):]) {
			t.Errorf("%v: %s", err, r.body)
		}
		byID := map[string]shown{}
		for _, k := range all {
			byID[k.ID] = k
		}
		return byID
	}
	if all := list(); len(all) != 3 || all[short.ID].LastUsedAt == nil || all[short.ID].Prefix != short.Prefix {
		t.Errorf("listed: %+v", all)
	}
	for _, want := range []int{http.StatusOK, http.StatusNotFound} {
		if r := send(t, server, http.MethodDelete, "/v1/keys/"+short.ID, admin, ""); r.StatusCode != want {
			t.Errorf("status %d, want %d\n%s", r.StatusCode, want, r.body)
		}
	}
	if r := send(t, server, http.MethodPost, "/v1/classify", bearer(short.Key), question); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a key that was deleted: status %d", r.StatusCode)
	}
	if all := list(); len(all) != 2 {
		t.Errorf("listed after the deletion: %+v", all)
	}
	// Sent again, the request makes no second key, and the first one's secret is not told again.
	again := map[string]string{"Authorization": admin["Authorization"], "Idempotency-Key": "once"}
	once := create(again, `{"scope":"admin"}`)
	r := send(t, server, http.MethodPost, "/v1/keys", again, `{"scope":"admin"}`)
	if p := problemOf(t, r); r.StatusCode != http.StatusConflict || p.Code != "IDEM_SECRET_ONCE" || strings.Contains(string(r.body), once.Key) || len(list()) != 3 {
		t.Errorf("status %d\n%s", r.StatusCode, r.body)
	}
	for body, want := range map[string]string{
		`{"account":"desk"}`: "BODY_UNKNOWN_KEY", `{"scope":"root"}`: "KEY_INVALID", `{"scope":3}`: "FIELD_TYPE", `{"expires_in":0}`: "KEY_INVALID",
		`{"expires_in":1e12}`: "KEY_INVALID", `{"expires_in":"90d"}`: "FIELD_TYPE", `{"expires_in":1.5}`: "FIELD_TYPE",
	} {
		if r := send(t, server, http.MethodPost, "/v1/keys", admin, body); r.StatusCode != http.StatusBadRequest || problemOf(t, r).Code != want {
			t.Errorf("%s: status %d\n%s", body, r.StatusCode, r.body)
		}
	}
	for _, k := range []shown{usual, short, once} {
		if strings.Contains(log.String(), k.Key[len(k.Prefix):]) {
			t.Error("the log has a key")
		}
	}
}

// TestUnknownParameters refuses parameters that a route of ours does not have, and ignores them on those of other APIs, whose
// clients send some.
func TestUnknownParameters(t *testing.T) {
	server, _ := newJobs(t, false)
	for path, want := range map[string]string{
		"/v1/batch?limt=3": `did you mean "limit"?`, "/v1/batch?Limit=3": `did you mean "limit"?`, "/v1/batch?x": "leave it out; there are limit, after, status",
		"/v1/classifiers?limit=3": "leave it out, or use those that the reference lists", "/v1/batch?limit=3&": "", "/v1/batches?order=asc": "",
		"/api/batch_jobs?page=2": "", "/metrics?name[]=up": "", "/healthz?verbose": "",
	} {
		r := send(t, server, http.MethodGet, path, nil, "")
		switch {
		case want == "" && r.StatusCode == http.StatusOK:
		case want == "" || r.StatusCode != http.StatusBadRequest:
			t.Errorf("%s: status %d\n%s", path, r.StatusCode, r.body)
		default:
			if p := problemOf(t, r); p.Code != "QUERY_UNKNOWN" || p.Details.Fix != want {
				t.Errorf("%s: %s", path, r.body)
			}
		}
	}
}
