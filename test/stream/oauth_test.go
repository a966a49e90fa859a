//go:build integration

package stream

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/broker"
)

// issuer is an authorization server: its keys for brokers, and its tokens for those who know the secret.
type issuer struct {
	t      *testing.T
	key    *rsa.PrivateKey
	server *httptest.Server

	mu     sync.Mutex
	tokens []string // guarded by mu; all that were ever made
}

const oauthSecret = "hunter2-client-secret"

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if user, secret, _ := r.BasicAuth(); user != "winnow" || secret != oauthSecret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": i.token(claims{life: time.Hour}), "token_type": "Bearer", "expires_in": 3600})
	})
	i.server = httptest.NewServer(mux)
	t.Cleanup(i.server.Close)
	return i
}

// claims are what a token says; the zero value of each is what the brokers want.
type claims struct {
	life     time.Duration
	audience string
	key      *rsa.PrivateKey
}

func (i *issuer) token(c claims) string {
	if c.audience == "" {
		c.audience = "kafka"
	}
	if c.key == nil {
		c.key = i.key
	}
	now := time.Now()
	begun := now
	if c.life < 0 {
		begun = now.Add(2 * c.life)
	}
	payload, err := json.Marshal(map[string]any{
		"iss": "winnow-test", "aud": c.audience, "sub": "app", "iat": begun.Unix(), "exp": now.Add(c.life).Unix(), "jti": rand.Text(), "scope": "kafka",
	})
	if err != nil {
		i.t.Error(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"k1","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, c.key, crypto.SHA256, sum[:])
	if err != nil {
		i.t.Error(err)
	}
	text += "." + base64.RawURLEncoding.EncodeToString(signature)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tokens = append(i.tokens, text)
	return text
}

// reauthenticate is how long a broker lets a connection go on before it has to log in again.
const reauthenticate = 4 * time.Second

// start starts a broker that takes the issuer's tokens, on its listener with logins.
func (i *issuer) start() *broker.Broker {
	i.t.Helper()
	// Kafka 4 asks nobody for keys whom the process's owner did not name.
	i.t.Setenv("KAFKA_JVM_OPTS", "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls="+i.server.URL+"/keys")
	const listener = "listener.name.sasl."
	const oauth = listener + "oauthbearer."
	return broker.Start(i.t, broker.WithSASL, broker.WithACL,
		broker.Set(listener+"sasl.enabled.mechanisms", "OAUTHBEARER"),
		broker.Set(oauth+"sasl.jaas.config", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;"),
		broker.Set(oauth+"sasl.server.callback.handler.class", "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler"),
		broker.Set(listener+"sasl.oauthbearer.jwks.endpoint.url", i.server.URL+"/keys"),
		broker.Set(listener+"sasl.oauthbearer.expected.audience", "kafka"),
		broker.Set(listener+"sasl.oauthbearer.expected.issuer", "winnow-test"),
		broker.Set(listener+"sasl.oauthbearer.clock.skew.seconds", "0"),
		broker.Set(oauth+"connections.max.reauth.ms", strconv.FormatInt(reauthenticate.Milliseconds(), 10)),
	)
}

// silent fails the test where a text holds a token, or what signs one.
func (i *issuer) silent(where, text string) {
	i.t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, token := range i.tokens {
		for _, part := range strings.Split(token, ".")[1:] { // the first part is that of every token
			if strings.Contains(text, part) {
				i.t.Errorf("%s tells a token:\n%s", where, text)
				return
			}
		}
	}
	if strings.Contains(text, oauthSecret) {
		i.t.Errorf("%s tells the client's secret:\n%s", where, text)
	}
}

// TestOAuth logs in by tokens: good ones from a file and from an authorization server read and write; each other one ends with
// one clear message.
func TestOAuth(t *testing.T) {
	i := newIssuer(t)
	cluster := i.start()
	s := newScene(t, cluster, toKafka{}, "")
	for _, r := range []string{"topic " + s.topic("in"), "topic " + s.topic("out"), "topic " + s.topic("dead"), "group " + s.group, "transactional-id *"} {
		kind, resource, _ := strings.Cut(r, " ")
		if _, err := cluster.Tool("acls", "--add", "--allow-principal", "User:app", "--operation", "All", "--"+kind, resource); err != nil {
			t.Fatal(err)
		}
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	s.must(err)
	file := filepath.Join(s.dir, "token")
	s.connect = cluster.SASL
	fromFile := fmt.Sprintf("sasl: {mechanism: OAUTHBEARER, token: {file: %q}}\n", file)
	fromServer := func(secret string) string {
		return fmt.Sprintf("sasl: {mechanism: OAUTHBEARER, token_url: %q, client_id: winnow, client_secret: %q}\n", i.server.URL+"/token", secret)
	}
	for _, c := range []struct{ name, login, token, says string }{
		{name: "expired", login: fromFile, token: i.token(claims{life: -time.Hour}), says: "the credentials of OAUTHBEARER"},
		{name: "signed by a stranger", login: fromFile, token: i.token(claims{life: time.Hour, key: stranger}), says: "the credentials of OAUTHBEARER"},
		{name: "for others", login: fromFile, token: i.token(claims{life: time.Hour, audience: "mail"}), says: "the credentials of OAUTHBEARER"},
		{name: "no token at all", login: fromFile, token: "hunter2-no-token", says: "the credentials of OAUTHBEARER"},
		{name: "line of two", login: fromFile, token: "hunter2 hunter2\nhunter2", says: "the credentials of OAUTHBEARER"},
		{name: "empty file", login: fromFile, token: "\n", says: "the token is empty"},
		{name: "no secret", login: fromServer("hunter2"), says: "gave client winnow no token: 401 Unauthorized invalid_client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.must(os.WriteFile(file, []byte(c.token), 0o600))
			s.writeSpec(c.login + "until: latest\n")
			for _, command := range []string{"validate", "run"} {
				out, err := s.command(command, s.spec, "-v")
				if exit := exitStatus(err); exit != 3 {
					t.Errorf("winnow %s ended with %d, want 3", command, exit)
				}
				if strings.Count(out, "winnow: ") != 1 || !strings.Contains(out, "kafka.auth: ") || !strings.Contains(out, c.says) || !strings.Contains(out, "\n  fix: ") || strings.Contains(out, "password") {
					t.Errorf("winnow %s: want one kafka.auth with %q", command, c.says)
				}
				i.silent("winnow "+command, out)
				if strings.Contains(out, "hunter2") {
					t.Errorf("winnow %s tells what is in the file", command)
				}
			}
		})
	}
	for round, login := range []string{fromFile, fromServer(oauthSecret)} {
		s.must(os.WriteFile(file, []byte(i.token(claims{life: time.Hour})+"\n"), 0o600))
		s.writeSpec(login + "until: latest\n")
		for n := range int64(100) {
			s.produce(t.Context(), s.feed.record(int64(round)*100+n))
		}
		i.silent("winnow run", s.done("run", s.spec, "-v"))
		s.judge(int64(round+1) * 100)
	}
}

// TestOAuthRenewed runs for longer than its first token lives, while the file is given new ones: each login takes the newest,
// and nothing is interrupted. With one that has expired the stream says so and waits for the next.
func TestOAuthRenewed(t *testing.T) {
	i := newIssuer(t)
	cluster := i.start()
	s := newScene(t, cluster, toKafka{}, "")
	if _, err := cluster.Tool("acls", "--add", "--allow-principal", "User:app", "--operation", "All", "--topic", "*", "--group", "*", "--transactional-id", "*"); err != nil {
		t.Fatal(err)
	}
	const life = 6 * reauthenticate
	file := filepath.Join(s.dir, "token")
	renew := func() time.Time {
		s.must(os.WriteFile(file+".new", []byte(i.token(claims{life: life})), 0o600))
		s.must(os.Rename(file+".new", file))
		return time.Now()
	}
	renewed := renew()
	s.connect = cluster.SASL
	s.writeSpec(fmt.Sprintf("sasl: {mechanism: OAUTHBEARER, token: {file: %q}}\n", file))
	p := s.run("-v")
	s.feed.begin(200)
	begun := time.Now()
	for time.Since(begun) < life+reauthenticate { // a broker ends connections whose token has expired
		p.alive()
		if time.Since(renewed) > life/4 {
			renewed = renew()
		}
		time.Sleep(100 * time.Millisecond)
	}
	produced := s.feed.end()
	s.within(2*time.Minute, "everything is committed", func() bool {
		p.alive()
		renew()
		lag, err := s.lag()
		return err == nil && lag == 0
	})
	log, err := os.ReadFile(p.log)
	s.must(err)
	if n := strings.Count(string(log), "sasl expiry limit reached"); n < 3 {
		t.Errorf("it logged in again %d times in %v", n, time.Since(begun))
	}
	if strings.Contains(string(log), "trying again") || strings.Contains(string(log), `"level":"warn"`) {
		t.Errorf("a renewed token was not taken")
	}

	s.must(os.WriteFile(file, []byte(i.token(claims{life: -time.Hour})), 0o600))
	s.within(3*time.Minute, "it says that the token is refused", func() bool {
		p.alive()
		log, err = os.ReadFile(p.log)
		return err == nil && strings.Contains(string(log), "kafka.token: ")
	})
	renew()
	const late = 100
	for n := range int64(late) {
		s.produce(t.Context(), s.feed.record(produced+n))
	}
	s.within(2*time.Minute, "what came behind the expired token is committed", func() bool {
		p.alive()
		renew()
		lag, err := s.lag()
		return err == nil && lag == 0
	})
	p.end()
	i.silent("winnow run", string(log))
	s.judge(produced + late)
}
