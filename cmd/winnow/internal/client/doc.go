// Package client asks a winnow server about jobs, for the commands winnow jobs.
//
// A request that did not get through is sent again: connections that break off, answers that say the server is busy or
// that too much was asked. Nothing is done twice by that: what creates carries an Idempotency-Key, and the rest can be
// repeated. An error of the server keeps its code, so that it is told as one of winnow's own.
package client
