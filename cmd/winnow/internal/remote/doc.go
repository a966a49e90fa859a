// Package remote lets a pipeline be classified by a job on a server, in two passes over its input: in the first a Sender
// writes every text for the upload, in the second a Receiver takes the results, in the same order. Between them lies the
// job.
//
// Both stand where a classifier does, so that whatever else the pipeline does to its records (which columns it reads,
// which records it rejects, how the output looks) is the same as with a classifier of its own. They go by the order of
// the calls, and so need a pipeline with one worker.
package remote
