package cluster

import "time"

const (
	// dialTimeout is how long a connection and its TLS handshake may take: what franz-go gives a dial.
	dialTimeout = 10 * time.Second
	// reachTimeout is how long Reach waits for a broker. A healthy one answers in milliseconds, one behind a slow VPN in
	// hundreds of them.
	reachTimeout = 5 * time.Second
	// probeTimeout is how long Reach looks for the cause of a failure at each broker.
	probeTimeout = 2 * time.Second
	// tokenTimeout is how long an authorization server may take to issue a token.
	tokenTimeout = 10 * time.Second
	// maxTokenReply bounds what is read of an authorization server's answer; tokens have a few KiB.
	maxTokenReply = 1 << 20
	// maxListed is how many names an error lists.
	maxListed = 5
)
