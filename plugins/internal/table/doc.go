// Package table is a sink over SQLite that keeps offsets in the transaction of its rows, for tests of those who deal with such
// sinks: the smallest one that is whole. It imports the contract of a sink, and a database.
package table
