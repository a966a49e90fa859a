package kafka_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// issuer is an authorization server and the cluster's trust in it. Every connection logs in again after a second.
type issuer struct {
	url     string
	status  atomic.Int64 // that it answers; 0 ends the connection instead
	refused atomic.Bool  // by the brokers
}

func newIssuer(b *bed) *issuer {
	i := new(issuer)
	i.status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := int(i.status.Load())
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"access_token":"good"}`))
	}))
	b.t.Cleanup(server.Close)
	i.url = server.URL
	b.fake.ControlKey(kmsg.SASLHandshake.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.fake.KeepControl()
		return req.ResponseKind(), nil, true
	})
	b.fake.ControlKey(kmsg.SASLAuthenticate.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.fake.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.SessionLifetimeMillis = time.Second.Milliseconds()
		if !bytes.Contains(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, []byte("Bearer good")) || i.refused.Load() {
			resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		}
		return resp, nil, true
	})
	b.from.SASL = &cluster.SASL{Mechanism: "OAUTHBEARER", TokenURL: i.url, ClientID: "winnow", ClientSecret: unit.NewSecret("s3cret")}
	return i
}

// TestTokenTrouble lets a stream run while its authorization server is away, refuses, or gives what the brokers refuse: it
// waits, says why, and goes on from its last commit.
func TestTokenTrouble(t *testing.T) {
	b := newBed(t)
	i := newIssuer(b)
	b.from.Until = ""
	b.from.SessionTimeout = unit.Duration(6 * time.Second)
	p, err := b.build()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run(t.Context())
		ended <- err
	}()
	await := func(what string, done func(pipeline.Status) bool) {
		t.Helper()
		for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			s := p.Status()
			switch {
			case done(s):
				return
			case len(ended) > 0 || time.Since(begun) > time.Minute:
				t.Fatalf("%s: it is %s with %+v: %s", what, s.Phase, s.Counts, s.LastError)
			}
		}
	}
	delivered := 0
	deliver := func(what string) {
		t.Helper()
		b.texts("one", "two")
		delivered += 2
		await(what, func(s pipeline.Status) bool { return s.Committed.Delivered == int64(delivered) })
	}
	deliver("before")
	for _, trouble := range []struct {
		name       string
		begin, end func()
		says       string
	}{
		{"it refuses", func() { i.status.Store(http.StatusUnauthorized) }, func() { i.status.Store(http.StatusOK) }, "gave client winnow no token: 401"},
		{"it is ill", func() { i.status.Store(http.StatusServiceUnavailable) }, func() { i.status.Store(http.StatusOK) }, "answered 503"},
		{"it is away", func() { i.status.Store(0) }, func() { i.status.Store(http.StatusOK) }, "does not answer"},
		{"its token is refused", func() { i.refused.Store(true) }, func() { i.refused.Store(false) }, "the credentials of client winnow (OAUTHBEARER) are refused"},
	} {
		trouble.begin()
		await(trouble.name, func(s pipeline.Status) bool {
			return s.Phase == pipeline.Retrying && strings.Contains(s.LastError, fault.KafkaToken.ID) && strings.Contains(s.LastError, trouble.says)
		})
		trouble.end()
		deliver("after " + trouble.name)
	}
	p.Drain()
	if err := <-ended; err != nil && !fault.Is(err, fault.RunInterrupted) {
		t.Error(err)
	}
	if n := len(b.read("out")); n != delivered {
		t.Errorf("%d records in the output, %d in the input", n, delivered)
	}
}

// TestTokenRefusedAtStart ends at once: nothing has shown yet that the login is right.
func TestTokenRefusedAtStart(t *testing.T) {
	for name, begin := range map[string]func(*issuer){
		"by the server":  func(i *issuer) { i.status.Store(http.StatusUnauthorized) },
		"by the brokers": func(i *issuer) { i.refused.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t)
			begin(newIssuer(b))
			p, err := b.build()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if _, err := p.Run(ctx); !fault.Is(err, fault.KafkaAuth) {
				t.Errorf("got %v", err)
			}
		})
	}
}
