package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Scope is what a key allows. Each includes those before it.
type Scope uint8

const (
	ScopeNone  Scope = iota // anybody may ask
	ScopeRead               // classify and look
	ScopeWrite              // make and change
	ScopeAdmin              // make and revoke the account's keys
)

// String is the scope's name.
func (s Scope) String() string {
	return [...]string{"none", "read", "write", "admin"}[s]
}

// MarshalText writes the scope's name.
func (s Scope) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseScope reads the name of a scope that a key can have.
func ParseScope(name string) (Scope, error) {
	for _, s := range []Scope{ScopeRead, ScopeWrite, ScopeAdmin} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fault.New(fault.KeyInvalid, "%q is no scope", fault.Excerpt(name)).WithFix("use read, write or admin")
}

// Identity is who asks.
type Identity struct {
	Account string
	Key     string // the id of the key, which is no secret; empty in open mode
	Scope   Scope
}

// Local is who asks where no key is needed: on loopback, as long as there is none.
var Local = Identity{Account: "local", Scope: ScopeWrite}

// forwarded are headers of proxies: where one is set, somebody else's request comes through this machine.
var forwarded = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// admit keeps web pages and proxies away from a server that asks for no key. A page can point its own name at this
// machine (DNS rebinding), or send a form across sites.
func (c *call) admit() error {
	if !c.server.open() {
		return nil
	}
	h := c.r.Header
	if c.foreignHost() {
		return fault.New(fault.OriginHost, "this address answers to localhost, 127.0.0.1 and [::1] alone, as long as there is no key")
	}
	origin := h.Get("Origin")
	if h.Get("Sec-Fetch-Site") == "cross-site" || origin != "" && origin != "http://"+c.r.Host && origin != "https://"+c.r.Host {
		return fault.New(fault.OriginForbidden, "the request comes from a page of another site, and the server asks for no key")
	}
	if c.server.cfg.Loopback {
		for _, name := range forwarded {
			if h[name] != nil {
				return fault.New(fault.OriginForbidden, "the request comes through a proxy (%s), and the server asks for no key", name)
			}
		}
	}
	return nil
}

// singles are headers that a request has one value of at most: of two, a proxy may have looked at the other.
var singles = []string{"Authorization", "Content-Encoding", "Content-Type", "If-Match"}

// unambiguous refuses a request that can be read in two ways: of which a part would be ignored.
func (c *call) unambiguous() error {
	for _, name := range singles {
		if len(c.r.Header[name]) > 1 {
			return fault.New(fault.HeaderTwice, "the header %s is there twice", name)
		}
	}
	if c.r.URL.RawQuery == "" {
		return nil
	}
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.QuerySyntax, "the query can't be read: %w", err)
	}
	for _, p := range c.route.with {
		if p.in == "query" && len(query[p.name]) > 1 {
			return fault.New(fault.QuerySyntax, "%s is there twice", p.name).At(fault.Where{Path: p.name})
		}
	}
	return nil
}

// knownQuery refuses parameters that the route does not have, which may be others that are misspelt.
func (c *call) knownQuery() error {
	if c.route.extras || c.route.openAI || c.route.scope == ScopeNone || c.r.URL.RawQuery == "" {
		return nil
	}
	var known []string
	for _, p := range c.route.with {
		if p.in == "query" {
			known = append(known, p.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.r.URL.Query())) {
		if slices.Contains(known, name) {
			continue
		}
		short := fault.Excerpt(name)
		err := fault.New(fault.QueryUnknown, "%q is no parameter of this route", short).At(fault.Where{Path: short})
		switch near := fault.Nearest(name, known); {
		case near != "":
			return err.WithFix("did you mean %q?", near)
		case known != nil:
			return err.WithFix("leave it out; there are %s", strings.Join(known, ", "))
		}
		return err
	}
	return nil
}

// foreignHost tells whether the request names a host that is not this machine, on a server that is for this machine.
func (c *call) foreignHost() bool {
	return c.server.cfg.Loopback && c.server.open() && !ops.LocalName(c.r.Host)
}

// authorize finds out who asks, and whether they may.
func (c *call) authorize() error {
	need := c.route.scope
	if need == ScopeNone {
		return nil
	}
	if c.server.open() { // whatever key is sent is a placeholder of some example
		if c.who = Local; c.who.Scope < need {
			return fault.New(fault.AuthScope, "the server has no key yet, and without one nobody may do this").
				WithFix("make the first key on the server, with winnow keys create --scope %s", need)
		}
	} else if err := c.identify(); err != nil {
		return err
	}
	if c.who.Scope < need {
		return fault.New(fault.AuthScope, "the key's scope is %s, and this route needs %s", c.who.Scope, need)
	}
	return c.limit()
}

func (c *call) identify() error {
	value := c.r.Header.Get("Authorization")
	if value == "" {
		if q := c.r.URL.Query(); q.Has("api_key") || q.Has("key") || q.Has("access_token") || q.Has("token") {
			return fault.New(fault.AuthInQuery, "a key stands in the URL")
		}
		return fault.New(fault.AuthMissing, "the request has no key")
	}
	scheme, key, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return fault.New(fault.AuthScheme, "the header Authorization is not of the scheme Bearer")
	}
	who, err := c.server.cfg.Keys.Identify(c.r.Context(), strings.TrimSpace(key))
	c.who = who
	return err
}

// open tells whether requests are answered without a key.
func (s *Server) open() bool { return s.cfg.Keys == nil || !s.cfg.Keys.Any() }

// allow is the value of the header Allow for a path.
func (p *place) allow() string {
	methods := make([]string, 0, len(p.routes)+2)
	for i := range p.routes {
		methods = append(methods, p.routes[i].method)
		if p.routes[i].method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	return strings.Join(append(methods, http.MethodOptions), ", ")
}
