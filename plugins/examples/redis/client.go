package main

import (
	"context"
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	dialTimeout = 5 * time.Second
	// A commit of many records takes a while; winnow waits for an answer a little longer.
	answerTimeout = 45 * time.Second
	// How many connections there are at least, beside one that waits for each stream.
	connections = 4
)

// connect makes a client, which connects when it is used. What it does not get done is tried again by those who know whether it may
// be done twice.
func connect(c *config) (redis.UniversalClient, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTimeout, answerTimeout, answerTimeout
	o.ContextTimeoutEnabled = true
	o.MaxRetries, o.DialerRetries = -1, 1
	o.PoolSize = connections + 2*len(c.Streams)
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	logging.Disable() // what it has to say is in its errors
	return redis.NewUniversalClient(o), nil
}

// transient begin the errors of a server that takes the same later: one that starts, is full, fails over, or is busy.
var transient = []string{"LOADING", "EXECABORT", "OOM", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED"}

// coded gives an error of the server, or of a connection that is gone, the code that says what is to be done about it.
func coded(err error) error {
	var said redis.Error
	var certificate *tls.CertificateVerificationError
	_, is := fault.As(err)
	switch {
	case err == nil, is, errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &certificate):
		return fault.New(fault.PluginFailed, "the server's certificate: %w", err)
	case !errors.As(err, &said):
		return fault.New(fault.PluginUnavailable, "Redis can't be reached: %w", err)
	}
	word, rest, _ := strings.Cut(said.Error(), " ")
	if slices.Contains(transient, word) {
		return fault.New(fault.PluginUnavailable, "Redis says: %s", said.Error())
	}
	switch word {
	case fenced:
		split, _, _ := strings.Cut(rest, " script: ")
		return fault.New(fault.PluginFenced, "another process has taken over %s, or Redis has lost what it had of it", split)
	case "MOVED", "ASK":
		return fault.New(fault.PluginFailed, "the server is a node of a cluster: set cluster: true")
	default:
		return fault.New(fault.PluginFailed, "Redis says: %s", said.Error())
	}
}

// missing tells that a key is not there.
func missing(err error) bool {
	return err != nil && strings.Contains(err.Error(), "no such key")
}
