package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sasl/oauth"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// tokenError is why a connection has no token to log in with.
type tokenError struct{ error }

func (e tokenError) Unwrap() error { return e.error }

// tokens gives the token of each new connection. Its errors are tokenErrors.
func (s *SASL) tokens() func(context.Context) (oauth.Auth, error) {
	token := s.given
	if s.TokenURL != "" {
		token = newIssuer(s).auth
	}
	return func(ctx context.Context) (oauth.Auth, error) {
		auth, err := token(ctx)
		if err != nil {
			err = tokenError{err}
		}
		return auth, err
	}
}

// given is the token that something else writes.
func (s *SASL) given(context.Context) (oauth.Auth, error) {
	token, err := s.Token.Reveal()
	if err != nil {
		return oauth.Auth{}, err
	}
	if token = strings.TrimSpace(token); token == "" {
		return oauth.Auth{}, fault.New(fault.KafkaAuth, "the token is empty").WithFix("see what is to write it into sasl.token")
	}
	return oauth.Auth{Token: token}, nil
}

// issuer asks an authorization server for tokens by the client credentials of OAuth 2.0 (RFC 6749, section 4.4), and keeps
// a token for most of its life: a client opens several connections to each broker.
type issuer struct {
	sasl   *SASL
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex // also held while a token is asked for, so that connections that open together ask once
	token string
	until time.Time
}

func newIssuer(s *SASL) *issuer {
	return &issuer{sasl: s, now: time.Now, client: &http.Client{
		Timeout: tokenTimeout,
		// a redirect would carry the client's secret to another place
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (i *issuer) auth(ctx context.Context) (oauth.Auth, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.token != "" && i.now().Before(i.until) {
		return oauth.Auth{Token: i.token}, nil
	}
	asked := i.now()
	token, life, err := i.ask(ctx)
	if err != nil {
		return oauth.Auth{}, err
	}
	// A fifth of the life is left to the session that begins with the token; without a life it serves one connection.
	i.token, i.until = token, asked.Add(life*4/5)
	return oauth.Auth{Token: token}, nil
}

// ask fetches a token. Errors name the server's host alone: paths and queries may hold secrets, answers do. They wrap no cause:
// an EOF or a deadline of this server is none of the brokers'.
func (i *issuer) ask(ctx context.Context) (token string, life time.Duration, err error) {
	secret, err := i.sasl.ClientSecret.Reveal()
	if err != nil {
		return "", 0, err
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if i.sasl.Scope != "" {
		form.Set("scope", i.sasl.Scope)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.sasl.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, fault.New(fault.ConfigField, "the token_url is not a URL").At(fault.Where{Path: "sasl.token_url"})
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	// RFC 6749, section 2.3.1, wants both form-encoded inside of the header.
	req.SetBasicAuth(url.QueryEscape(i.sasl.ClientID), url.QueryEscape(secret))
	resp, err := i.client.Do(req)
	if err != nil {
		if ctx.Err() != nil { // the client is being closed
			return "", 0, ctx.Err()
		}
		if cause := (*url.Error)(nil); errors.As(err, &cause) {
			err = cause.Err
		}
		return "", 0, fault.New(fault.KafkaUnreachable, "the authorization server %s does not answer: %v", req.URL.Host, err).
			WithFix("check sasl.token_url and that the server runs")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenReply))
	if err != nil {
		return "", 0, fault.New(fault.KafkaUnreachable, "the answer of the authorization server %s broke off: %v", req.URL.Host, err)
	}
	var reply struct {
		Token   string  `json:"access_token"`
		Expires float64 `json:"expires_in"`
		Error   string  `json:"error"`
	}
	unreadable := json.Unmarshal(body, &reply) != nil
	switch {
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return "", 0, fault.New(fault.KafkaUnreachable, "the authorization server %s answered %s", req.URL.Host, resp.Status).
			WithFix("see the authorization server's log")
	case resp.StatusCode != http.StatusOK:
		return "", 0, fault.New(fault.KafkaAuth, "the authorization server %s gave client %s no token: %s", req.URL.Host,
			i.sasl.ClientID, strings.TrimSpace(resp.Status+" "+errorName(reply.Error))).
			WithFix("check sasl.client_id, client_secret and scope")
	case unreadable, reply.Token == "":
		return "", 0, fault.New(fault.KafkaAuth, "the answer of the authorization server %s holds no access_token", req.URL.Host).
			WithFix("check that sasl.token_url is the server's token endpoint")
	}
	return reply.Token, time.Duration(reply.Expires * float64(time.Second)), nil
}

// errorName lets through what RFC 6749 calls an error (invalid_client, invalid_scope), and nothing else that a server may
// have put there.
func errorName(s string) string {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }
	if len(s) > 40 || strings.ContainsFunc(s, other) {
		return ""
	}
	return s
}
