// Package blob keeps blobs: uploads and results, as a Folder of this machine or a Bucket of S3 and what speaks its API.
//
// A blob appears whole or not at all: whoever puts one and dies leaves nothing under its key, and what is left besides is
// what Clean removes. A put that returned is durable. Keys are paths with slashes, made by the program and never by a
// client; a key that would leave the folder is refused. Puts and gets hold a few MB, whatever the blob's size.
//
// The package imports pipeline/disk (the folder's file system) and pipeline/fault. Errors are coded: blobs.unavailable
// passes, server.blobs does not, results.expired is a blob that is gone.
package blob
