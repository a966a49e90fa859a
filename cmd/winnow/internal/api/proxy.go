package api

import (
	"net/netip"
	"strings"
)

// proxied tells whether the request comes from a proxy that the settings trust: then it says by which name clients reach
// the server.
func (c *call) proxied() bool {
	if len(c.server.proxies) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if err != nil { // a socket's
		return false
	}
	address := peer.Addr().Unmap()
	for _, p := range c.server.proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// goodHost tells whether a header's value can be a host in a URL.
func goodHost(host string) bool {
	return host != "" && len(host) < 256 && !strings.ContainsFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-.:[]", r))
	})
}
