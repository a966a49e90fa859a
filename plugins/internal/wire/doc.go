// Package wire is how the messages of the protocol go over a plugin's connection: how large they may be, how many bytes are on
// their way, and who copies them. Host and SDK use the same, and neither relies on the other's side doing so.
package wire
