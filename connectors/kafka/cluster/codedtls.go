package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// ofTLS decides on errors of a handshake; nil for anything else. Certificates and settings stay as they are until somebody
// changes them, so that none of these is tried again.
func ofTLS(err error, c *Connection) *fault.Error {
	say := func(fix, format string, args ...any) *fault.Error {
		return fault.New(fault.KafkaTLS, c.place()+": "+format, args...).WithFix("%s", fix)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return say("name the file of the authority's certificate in tls.ca",
			"the broker's certificate is signed by an authority that is not trusted: %w", err)
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return say("use a name of the certificate in brokers:, or set tls.server_name to one",
			"the broker's certificate is for another name: %w", err)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return say("renew the broker's certificate, and check this machine's clock", "the broker's certificate is not valid now: %w", err)
		}
		return say("give the broker another certificate", "the broker's certificate can't be accepted: %w", err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return say(fixPlaintext, "the listener speaks no TLS: %w", err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "remote error" {
		return ofAlert(err, c, say)
	}
	// What franz-go makes of a TLS alert where it expects the size of an answer; it has no type for it.
	if strings.Contains(err.Error(), "plaintext connection speaking to a tls endpoint") {
		return say(fixTLS, "%w", reworded{err, "the listener speaks TLS, and the connection is without"})
	}
	// Versions, ciphers, and whatever else crypto/tls finds wrong; it has no types for them.
	if text := err.Error(); strings.HasPrefix(text, "tls: ") || strings.Contains(text, ": tls: ") || strings.Contains(text, "x509: ") {
		return say("see the message", "the TLS handshake failed: %w", err)
	}
	return nil
}

// ofAlert decides on a handshake that the broker ended. Most of its reasons are about the client's certificate.
func ofAlert(err error, c *Connection, say func(fix, format string, args ...any) *fault.Error) *fault.Error {
	switch has := c != nil && c.TLS != nil && c.TLS.Cert != ""; {
	case !strings.Contains(err.Error(), "certificate") && has, c == nil:
		return say("see the broker's log", "the broker ended the TLS handshake: %w", err)
	case has:
		return say("check that an authority that the broker trusts signed tls.cert", "the broker does not accept the client's certificate: %w", err)
	default:
		return say("set tls.cert and tls.key", "the broker ended the TLS handshake, most likely because it wants a client certificate: %w", err)
	}
}

const (
	fixPlaintext = "remove tls:, or use the port of the broker's TLS listener"
	fixTLS       = "add tls: with the certificate authority ({} for the system's), or use the port of a listener without TLS"
)
