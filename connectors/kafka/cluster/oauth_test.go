package cluster

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// issue is an issuer whose authorization server answers by a function.
func issue(t *testing.T, answer http.HandlerFunc) *issuer {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return newIssuer(&SASL{
		Mechanism: mechanismOAuth, TokenURL: server.URL + "/token?tenant=x", ClientID: "win now", ClientSecret: unit.NewSecret("s/cret"), Scope: "kafka",
	})
}

func TestTokenIsAskedForAndKept(t *testing.T) {
	var asked atomic.Int64
	i := issue(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		user, password, ok := r.BasicAuth()
		if r.Method != http.MethodPost || !ok || user != "win+now" || password != "s%2Fcret" ||
			r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != "kafka" {
			t.Errorf("asked by %s with %q %q and %v", r.Method, user, password, r.PostForm)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"access_token":"abc","token_type":"Bearer","expires_in":100}`))
	})
	now := time.Unix(0, 0)
	i.now = func() time.Time { return now }
	for _, step := range []struct {
		after time.Duration
		asked int64
	}{{0, 1}, {79 * time.Second, 1}, {2 * time.Second, 2}, {time.Second, 2}} {
		now = now.Add(step.after)
		auth, err := i.auth(t.Context())
		if err != nil || auth.Token != "abc" || asked.Load() != step.asked {
			t.Errorf("at %v: token %q, error %v, asked %d times, want %d", now.Unix(), auth.Token, err, asked.Load(), step.asked)
		}
	}
}

func TestTokenErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		code   *fault.Code
		want   string
	}{
		"wrong secret":    {401, `{"error":"invalid_client","error_description":"s/cret is wrong"}`, fault.KafkaAuth, "gave client win now no token: 401 Unauthorized invalid_client"},
		"odd error":       {400, `{"error":"The secret s/cret!"}`, fault.KafkaAuth, "400 Bad Request"},
		"no JSON":         {200, `<html>`, fault.KafkaAuth, "no access_token"},
		"no token":        {200, `{}`, fault.KafkaAuth, "no access_token"},
		"redirect":        {307, ``, fault.KafkaAuth, "307"},
		"server is ill":   {503, ``, fault.KafkaUnreachable, "503"},
		"too many of you": {429, ``, fault.KafkaUnreachable, "429"},
	} {
		t.Run(name, func(t *testing.T) {
			i := issue(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				w.Write([]byte(test.body))
			})
			_, err := i.auth(t.Context())
			e, ok := fault.As(err)
			if !ok || e.Code != test.code || !strings.Contains(e.What, test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			if strings.Contains(e.Explain(), "s/cret") || strings.Contains(e.Explain(), "tenant") {
				t.Errorf("it tells too much: %s", e.Explain())
			}
			if Coded(err, nil) != e {
				t.Error("the client's error would get another code")
			}
		})
	}
}

func TestTokenServerIsGone(t *testing.T) {
	i := issue(t, nil)
	i.sasl.TokenURL = "http://127.0.0.1:1/token?tenant=x"
	_, err := i.auth(t.Context())
	if !fault.Is(err, fault.KafkaUnreachable) || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "tenant") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.auth(ctx); err == nil {
		t.Error("a canceled context gives a token")
	}
}

// A token from a file is read for each connection, so that something else may renew it.
func TestTokenFromSecret(t *testing.T) {
	s := &SASL{Mechanism: mechanismOAuth, Token: unit.NewSecret("abc\n")}
	_, first, err := s.mechanism().Authenticate(t.Context(), "a:9092")
	if err != nil || string(first) != "n,,\x01auth=Bearer abc\x01\x01" {
		t.Errorf("got %q, %v", first, err)
	}
	s.Token = unit.NewSecret(" \n")
	if _, _, err := s.mechanism().Authenticate(t.Context(), "a:9092"); !fault.Is(err, fault.KafkaAuth) || !strings.Contains(err.Error(), "the token is empty") {
		t.Errorf("got %v", err)
	}
	s.Token = unit.SecretFile("testdata/absent")
	if _, _, err := s.mechanism().Authenticate(t.Context(), "a:9092"); !fault.Is(err, fault.ConfigField) {
		t.Errorf("got %v", err)
	}
}
