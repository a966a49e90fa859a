// Package filestore keeps the files of accounts: what clients upload for jobs, whole or in parts, and what their jobs leave
// for them. What is known of a file is a row of the server's database, its bytes lie in a folder beside it.
//
// A file appears whole or not at all: its bytes are in their place before its row is, and its row goes before they do. What a
// process leaves that dies in between is what Sweep removes. A file of another account is as unknown as one that never was.
package filestore
