// Package upkeep removes what a server does not need any more: jobs whose time is over, with their blobs, and what
// processes that died have left: blobs that no row speaks of, unfinished uploads, folders of jobs that are not run. A
// completed job whose results somebody else has removed is expired.
//
// A blob comes before the row that speaks of it, and goes after the row was hidden. So one without a row is either left over
// or on its way; it is taken for left over when it is older than a time that the caller chooses: now, where no other process
// uses the blobs, else a day ago.
//
// A store of blobs belongs to one database, whose name it carries: else the blobs of another database's jobs would look
// left over.
package upkeep
