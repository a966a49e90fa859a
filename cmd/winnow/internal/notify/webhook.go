package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// WebhookChannel is the channel's name in the outbox.
const WebhookChannel = "webhook"

// WebhookConfig says who is told.
type WebhookConfig struct {
	URL     string
	Secret  string // whsec_ and 24 to 64 bytes in base64
	Private bool   // the address may be one of this machine or a private network
}

// Webhook posts notes, signed as Standard Webhooks has it.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
}

var _ Channel = (*Webhook)(nil)

// public looks at addresses when they are dialled, after names were resolved.
var public = ssrf.New(ssrf.WithAnyPort(), ssrf.WithNetworks("tcp4", "tcp6"),
	ssrf.WithDeniedV6Prefixes(netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32")))

// An address, as regular expressions that Go and JSON Schema read alike (RFC 3986, 3.1 to 3.4, without user and fragment).
const (
	scheme = `^[Hh][Tt][Tt][Pp][Ss]?://`
	// part is what a name has between dots (RFC 1123, 2.1), with the underscore that names in private networks may have.
	part = `[A-Za-z0-9]+([_-]+[A-Za-z0-9]+)*`
	// top is what a name of the internet ends in: a word, or one of another script in its ASCII form.
	top  = `([A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]*[A-Za-z0-9])`
	rest = `(:[0-9]{1,5})?(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(\?([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$`

	// PublicURL are addresses by a name of the internet. CheckURL takes IP addresses as well.
	PublicURL = scheme + `(` + part + `\.)+` + top + `\.?` + rest
	anyURL    = scheme + `(` + part + `(\.` + part + `)*\.?|\[[0-9A-Fa-f:.]+\])` + rest
)

var (
	publicURL = regexp.MustCompile(PublicURL)
	someURL   = regexp.MustCompile(anyURL)
)

// CheckURL tells whether a webhook may have an address, by what can be told without asking anybody: what a name stands for
// is looked at when it is dialled. Private allows addresses of this machine and of private networks.
func CheckURL(address string, private bool) error {
	none := fault.New(fault.WebhookURL, "the address is none that a webhook can be posted to")
	u, err := url.Parse(address)
	if err != nil || len(address) > MaxURL || !someURL.MatchString(address) {
		return none
	}
	if private {
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip, _ := netip.ParseAddr(host) // not valid: a name
	switch {
	case host == "localhost", strings.HasSuffix(host, ".localhost"):
	case ip.IsValid():
		network := "tcp4"
		if ip.Is6() {
			network = "tcp6"
		}
		if public.Safe(network, net.JoinHostPort(host, "443"), nil) == nil {
			return nil
		}
	case publicURL.MatchString(address):
		return nil
	default:
		return none
	}
	return fault.New(fault.WebhookPrivate, "the address is one of the server's machine or of a private network")
}

// NewSecret makes what signs a webhook, as Standard Webhooks writes it: 256 random bits.
func NewSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(raw[:])
}

const (
	secretPrefix = "whsec_"
	// MaxURL is how long an address may be, in bytes.
	MaxURL = 2048
)

// NewWebhook makes a channel. It asks nobody for anything.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	if err := CheckURL(cfg.URL, true); err != nil { // what is private shows when it is dialled
		return nil, fault.New(fault.ConfigField, "the URL is none that a webhook can be sent to").At(fault.Where{Path: "notify.webhook.url"}).WithFix("write it as https://example.com/hooks/winnow")
	}
	encoded, prefixed := strings.CutPrefix(cfg.Secret, secretPrefix)
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(secret) < 24 || len(secret) > 64 {
		return nil, fault.New(fault.ConfigField, "the secret is none of Standard Webhooks").At(fault.Where{Path: "notify.webhook.secret"}).
			WithFix("write whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)")
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !cfg.Private {
		dialer.Control = public.Safe
	}
	return &Webhook{url: cfg.URL, secret: secret, client: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second}, // no proxy: it would dial instead
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Tell posts a note. Whatever is not a status of success is an error.
func (w *Webhook) Tell(ctx context.Context, n *job.Note) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(n.Body))
	if err != nil {
		return err
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, w.secret)
	mac.Write([]byte(n.ID + "." + now + "."))
	mac.Write(n.Body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "winnow")
	r.Header.Set("Webhook-Id", n.ID)
	r.Header.Set("Webhook-Timestamp", now)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	answer, err := w.client.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok { // without the URL, which may hold a secret
			err = e.Err
		}
		return fmt.Errorf("post the webhook: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("post the webhook: %w", statusError(answer.StatusCode))
	}
	return nil
}

// statusError is a status that is none of success.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("status %d", int(s)) }

// Reason says in words for the webhook's owner why it was not told; empty where it was. It says nothing of the network
// behind the server: neither what a name stands for there, nor who listens.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	if status, ok := errors.AsType[statusError](err); ok {
		return status.Error()
	}
	return "no answer"
}
