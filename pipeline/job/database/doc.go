// Package database opens the SQLite file that jobs are kept in, and whatever else a service keeps beside them, and brings
// tables up to date. It knows no table of its own: each package that has tables has its migrations, forward only, and a
// table that counts them.
//
// The file is in WAL mode: readers don't wait for the writer, of which there is one at a time, and a commit is on the disk
// when it returns. A second process may open the same file, such as a command beside a server.
package database
