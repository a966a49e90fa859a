package http

import "time"

const (
	defaultListen   = "127.0.0.1:8089"
	defaultPath     = "/records"
	defaultMaxBody  = 16 << 20
	defaultInFlight = 64 << 20

	// requestCost is what a request is charged for beside its body: goroutine, connection, buffers.
	requestCost = 8 << 10
	// firstRead is the room for a body whose length is unknown, doubled as it grows.
	firstRead = 8 << 10

	headerTimeout = 10 * time.Second
	bodyTimeout   = time.Minute // for the whole body, so that a slow client can't hold its room for ever
	answerTimeout = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	// closePatience is how long clients get to take their last answers.
	closePatience  = 2 * time.Second
	maxHeaderBytes = 64 << 10

	// retryBusy and retryClosing are what Retry-After says, in seconds.
	retryBusy    = "1"
	retryClosing = "5"

	// maxRejected is how many rejected lines an answer names.
	maxRejected = 100

	// The window of committed Idempotency-Keys: how many bytes of keys and answers are kept, and how long.
	windowBytes = 16 << 20
	windowAge   = 24 * time.Hour
	maxKey      = 255 // bytes of an Idempotency-Key, as others limit it

	defaultRows         = 500
	defaultRequestBytes = 1 << 20
	defaultTimeout      = 30 * time.Second
	defaultRetryFor     = 5 * time.Minute
	defaultFailures     = 5
	defaultPause        = 10 * time.Second

	// maxReply is how much of an answer is read: row results of the largest request.
	maxReply = 8 << 20
	// maxPause caps what an endpoint asks for with Retry-After.
	maxPause = 5 * time.Minute
	// firstPause is the wait after a first failure, doubled with each that follows.
	firstPause = 50 * time.Millisecond
	// maxQuote is how much of an answer is quoted in a record's fault, in bytes.
	maxQuote = 200
)
