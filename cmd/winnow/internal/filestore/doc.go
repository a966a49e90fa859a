// Package filestore keeps the files of accounts: what clients upload for jobs, whole or in parts, and what their jobs leave
// for them. What is known of a file is a row of the server's database, its bytes are a blob beside those of jobs: so all
// servers on one database and one store of blobs have the same files.
//
// A file appears whole or not at all: its blob is there before its row is, and goes after it. A blob is written once; the
// row names the one that counts. What a process leaves that dies in between is what Sweep removes. A file of another account
// is as unknown as one that never was.
package filestore
