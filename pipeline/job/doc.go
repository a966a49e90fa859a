// Package job keeps jobs: bounded pipelines with an owner, a place in a database, and somebody who runs them.
//
// A Job's life is a row of the Store. Its state moves by compare and swap alone: a call that comes too late is told so, and
// changes nothing. An account has one running job at a time; the database holds that, whatever races there are.
//
// A Runner takes jobs that were started and runs them under a lease, which it renews with the counts of the last
// checkpoint. A runner that dies stops renewing; another one, or the same after a restart, takes the job over when the lease
// has run out, and its pipeline goes on at the checkpoint. What a job does is none of this package's business: its
// configuration is JSON that the Runner's Build understands.
//
// Uploads and results are blobs that somebody else keeps; the row names those that count. A blob is there before the row
// names it, and goes after the row was hidden, so a row never speaks of what is not there.
//
// Counts only grow: what a status shows is what was committed. A job's end and the notes that tell of it are one transaction.
package job
