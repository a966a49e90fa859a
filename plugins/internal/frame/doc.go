// Package frame carries Arrow record batches in messages: one IPC stream over many messages, the schema in the first
// alone, exactly one batch in each. Host and SDK use it in both directions.
//
// What a Decoder reads comes from another process, and is held to be hostile: damage is an error, never a panic. What the
// values of a batch mean, and whether its buffers hold as many of them as its rows, is the reader's to check.
package frame
