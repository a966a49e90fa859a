// Package failpoint marks the places where a crash is worth a test. In ordinary builds Hit does nothing and is inlined
// away. Built with the tag failpoint, the process kills itself (SIGKILL) at the hit that WINNOW_FAILPOINT names:
//
//	WINNOW_FAILPOINT=commit.after_prepare:3
//
// dies at the third time that this point is passed. The crash tests go through all of Names one by one.
package failpoint

// Names lists every point, in the order in which a run passes them.
var Names = []string{
	"state.begun",
	"batch.read",
	"batch.classified",
	"file.appended",
	"batch.written",
	"commit.start",
	"file.synced",
	"commit.prepared",
	"commit.recorded",
	"commit.done",
	"seal.recorded",
	"file.sealing",
	"file.renamed",
	"seal.sink",
	"seal.done",
}
