// Package dbfs is a file system of small files in a server's database, so that what is written for one folder can be what
// several servers share. It does what pipeline/disk asks of a file system: a file is read whole and written whole, by Sync or
// Close; links and renames are atomic, and whatever returned is as durable as the database.
//
// It is for catalogs of label sets, which are some kilobytes a file. Names are paths with slashes and without dots. A lock
// belongs to its holder for a minute: what is done under one takes milliseconds.
package dbfs
