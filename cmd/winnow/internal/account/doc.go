// Package account keeps the keys that clients of the service show, and finds who they belong to.
//
// A key is wn_, its id, 256 random bits and a checksum, so that scanners can tell a leaked one. The database holds the id
// and a hash; the key itself is shown once. What was made stays: a revoked key is a row that no request can use, so that
// a server that once asked for keys never stops asking.
//
// Requests are held to a snapshot in memory, which is read anew every quarter of a second while there are requests: a key
// that another process makes or revokes counts from then on.
package account
