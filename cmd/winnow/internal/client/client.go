package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Config says which server is asked, and as whom.
type Config struct {
	Server  string      // http://HOST:PORT, or unix:PATH
	Key     unit.Secret // zero: none is sent, as to a server on this machine that has none
	Version string      // of winnow, for the User-Agent
	// Patience is how long a server that has answered before may be away; default 2 minutes.
	Patience time.Duration
	// Wait lets time pass between tries; default: it does.
	Wait func(context.Context, time.Duration) error
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base *url.URL
	key  string // never to be printed
	http *http.Client
	met  atomic.Bool // the server has answered
}

// writeBuffer has room for the chunks of 32 KiB that net/http makes of an upload: with its own 4 KiB each took two writes.
const writeBuffer = 64 << 10

// unixScheme begins the address of a server that listens on a socket of this machine.
const unixScheme = "unix:"

// New makes a client. It connects to nothing.
func New(cfg Config) (*Client, error) {
	if cfg.Patience == 0 {
		cfg.Patience = 2 * time.Minute
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 2 * time.Minute,
		TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, WriteBufferSize: writeBuffer,
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	transport.DialContext = dialer.DialContext
	address := cfg.Server
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		address = "http://localhost"
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, network, host string) (net.Conn, error) {
			if host != "localhost:80" { // a bucket, to which the server sends its clients
				return dialer.DialContext(ctx, network, host)
			}
			return dialer.DialContext(ctx, "unix", path)
		}
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.User != nil {
		return nil, fault.New(fault.ServerAddress, "%q is not the address of a server", cfg.Server).
			WithFix("write it as http://HOST:PORT, or unix:PATH")
	}
	base.Path = strings.TrimRight(base.Path, "/")
	key, err := cfg.Key.Reveal()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, base: base, key: key, http: &http.Client{
		Transport: transport,
		// A redirect would take the key, or a secret address, to somebody who was not named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Server is the address that is asked, as it was given.
func (c *Client) Server() string { return c.cfg.Server }

// ask asks for JSON, and reads the answer into to. It is sent again until it was answered.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body, to any, header http.Header) (http.Header, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	var got http.Header
	err := c.persist(ctx, func() error {
		r, err := c.request(ctx, method, path, query, bytes.NewReader(payload))
		if err != nil {
			return err
		}
		for name, values := range header {
			r.Header[name] = values
		}
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		answer, err := c.do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
		if err != nil {
			return c.away(err)
		}
		if len(data) > maxAnswer || json.Unmarshal(data, to) != nil {
			return c.strange("it is not the JSON of a winnow server")
		}
		got = answer.Header
		return nil
	})
	return got, err
}

// maxAnswer is the largest answer in JSON that is read, in bytes.
const maxAnswer = 16 << 20

// request is one to the server itself, with the key.
func (c *Client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	u := *c.base
	u.Path += path
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	return r, nil
}

// given is a request to an address that the server gave: it is a secret by itself, and no key goes there.
func (c *Client) given(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	u, err := c.base.Parse(address)
	if err != nil {
		return nil, c.strange("it names an address that is none")
	}
	return http.NewRequestWithContext(ctx, method, u.String(), body)
}

// do sends a request once. Any answer but a success is an error. The caller closes the body.
func (c *Client) do(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", "winnow/"+c.cfg.Version)
	answer, err := c.http.Do(r)
	if err != nil {
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return nil, c.away(err)
	}
	c.met.Store(true)
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, c.refusal(answer)
}

// away is the error of a server that gave no answer. It names no URL: that may be a secret.
func (c *Client) away(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fault.New(fault.ServerUnreachable, "no winnow server answers at %s: %w", c.cfg.Server, err)
}

// strange is the error of an answer that no winnow server gives.
func (c *Client) strange(what string) error {
	return fault.New(fault.ServerAnswer, "what %s answers is not understood: %s", c.cfg.Server, what)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
