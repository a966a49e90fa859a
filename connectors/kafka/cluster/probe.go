package cluster

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// cut reports whether a connection ended, or was never answered, without a word why. That is what brokers do with
// bytes that they can't read: TLS at a listener without, the reverse, and requests before the login.
func cut(err error) bool {
	opened, isOp := errors.AsType[*net.OpError](err)
	dialed := isOp && opened.Op == "dial"
	return !dialed && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || timedOut(err))
}

func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// probe finds out what a listener speaks; neither, if it says nothing. Both are tried at once, since a listener may wait
// for more of what it does not understand.
func probe(ctx context.Context, address string) (plain, encrypted bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		if plain = speaksPlain(ctx, address); plain {
			cancel()
		}
	})
	both.Go(func() {
		if encrypted = speaksTLS(ctx, address); encrypted {
			cancel()
		}
	})
	both.Wait()
	return plain, encrypted
}

// speaksTLS reports whether a listener answers a TLS handshake, be it by refusing this one.
func speaksTLS(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	// Nothing is sent and nothing believed: the handshake alone is looked at.
	cfg := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // see above
	err = tls.Client(conn, cfg).HandshakeContext(ctx)
	alert, ok := errors.AsType[*net.OpError](err)
	return err == nil || ok && alert.Op == "remote error"
}

// speaksPlain reports whether a listener answers a Kafka request that is not encrypted: the oldest ApiVersions, which every
// broker answers before any login.
func speaksPlain(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	const apiVersions, correlation = 18, 0x77696e6e
	var b []byte
	b = binary.BigEndian.AppendUint32(b, 10) // length of what follows
	b = binary.BigEndian.AppendUint16(b, apiVersions)
	b = binary.BigEndian.AppendUint16(b, 0) // version
	b = binary.BigEndian.AppendUint32(b, correlation)
	b = binary.BigEndian.AppendUint16(b, 0xffff) // no client id
	if _, err := conn.Write(b); err != nil {
		return false
	}
	var reply [8]byte // length and correlation id
	_, err = io.ReadFull(conn, reply[:])
	return err == nil && binary.BigEndian.Uint32(reply[4:]) == correlation
}
