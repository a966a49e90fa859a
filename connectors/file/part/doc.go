// Package part keeps output invisible until it is whole, and recoverable until then: the commit protocol of files.
//
// File writes one output as <path>.part, Folder writes part files into <path>.part/. Both work alike:
//
//	Open      finds what an earlier process left and cuts it to the last receipt
//	Write     appends; a write that fails is cut back, so that it can be repeated
//	Prepare   syncs the file, then the folder whose entries are new; the receipt is its length
//	Seal      renames the output into place and syncs the folder; repeated after a crash it finds itself done
//
// Promises: after a crash at any instruction, or a loss of power, Open with the last recorded receipt leaves exactly the
// bytes that had been prepared by then; the output's own name shows nothing before the seal and everything after it; an
// older output under that name stays until then. Each sync in here is needed: the tests lose power at every operation.
//
// The package imports pipeline (coded storage errors), pipeline/disk, pipeline/fault and pipeline/failpoint.
package part
