// Package failpoint marks the places where a crash is worth a test. In ordinary builds Hit does nothing and is inlined
// away. Built with the tag failpoint, the process kills itself (SIGKILL) at the hit that WINNOW_FAILPOINT names:
//
//	WINNOW_FAILPOINT=commit.after_prepare:3
//
// dies at the third time that this point is passed. The crash tests go through all of Names one by one.
package failpoint

// Names lists every point, in the order in which a run passes them. Points that begin with file or parquet belong to a
// kind of sink; every run passes the others.
var Names = []string{
	"state.begun",
	"batch.read",
	"batch.classified",
	"file.appended",
	"batch.written",
	"commit.start",
	"file.synced",
	"parquet.flushed",
	"parquet.synced",
	"commit.prepared",
	"commit.recorded",
	"parquet.part_ended",
	"commit.done",
	"seal.recorded",
	"file.sealing",
	"file.renamed",
	"parquet.merged",
	"parquet.tail_synced",
	"parquet.renamed",
	"seal.sink",
	"seal.done",
}

// StreamNames lists the points that only streams pass: those of the commit log where files are written, those of Kafka
// where topics are.
var StreamNames = []string{
	"commitlog.claimed",
	"epoch.start",
	"commitlog.sealed",
	"commitlog.prepared",
	"epoch.prepared",
	"kafka.flushed",
	"kafka.ended",
	"commitlog.drafted",
	"commitlog.entered",
	"epoch.recorded",
	"commitlog.renamed",
	"commitlog.published",
	"epoch.done",
}
