package http

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// keyring holds the hashes of the keys that clients may show.
type keyring [][sha256.Size]byte

func newKeyring(secrets []unit.Secret) (keyring, error) {
	var k keyring
	for _, s := range secrets {
		value, err := s.Reveal()
		if err != nil {
			return nil, err
		}
		if value == "" {
			return nil, fault.New(fault.ConfigField, "a key is empty").At(fault.Where{Path: "source.http.keys"}).WithFix("give it a value")
		}
		k = append(k, sha256.Sum256([]byte(value)))
	}
	return k, nil
}

// find returns the index of the key that a request shows; -1 where it shows none of them. The time it takes does not
// depend on the keys: all of them are compared, by hashes of one length.
func (k keyring) find(r *http.Request) int {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	shown := sha256.Sum256([]byte(strings.TrimSpace(value)))
	found := -1
	for i := range k {
		if subtle.ConstantTimeCompare(k[i][:], shown[:]) == 1 {
			found = i
		}
	}
	if !strings.EqualFold(scheme, "Bearer") {
		return -1
	}
	return found
}

// foreign tells whether a request without a key may come from a web page in somebody's browser: it has an origin, or
// names a host other than this machine (a name that was made to point here).
func foreign(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site" || !loopback(strings.Trim(host, "[]"))
}
