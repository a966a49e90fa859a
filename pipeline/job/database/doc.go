// Package database opens the database that jobs are kept in, and whatever else a service keeps beside them, and brings its
// tables up to date: a SQLite file in a folder, or a PostgreSQL that several servers share. It knows no table of its own:
// each package that has tables has its migrations, forward only, and a table that counts them.
//
// Statements and migrations are written once, in the SQL that both understand: parameters are ?, bytes are BYTEA (SQLite
// takes any type's name, and keeps bytes as they are), times and counts are BIGINT, UPDATE and INSERT may end in RETURNING.
//
// The SQLite file is in WAL mode: readers don't wait for the writer, of which there is one at a time. It keeps some room for itself,
// so that what a server has to say about its jobs can be written on a full disk, too. In both a commit is on
// the disk when it returns, and a second process may open the same database, such as a command beside a server.
//
// Errors that a user meets have a code: server.database where a database can't be used, store.unavailable where it may
// answer again later. Neither names more of a connection than its host, user and database.
package database
