// Package pipelinetest holds the tests that every connector has to pass, and the faulty world that the engine is tested
// in. Connectors and plugins of others call it as well.
//
//   - Source and Sink are the conformance suites of pipeline.Source and pipeline.Sink.
//   - Disk is a disk.FS in memory that loses power, fails at the n-th operation, and runs full.
//   - Ledger is the judge: which records went in, which came out, in which order.
//   - MemSource, MemSink and FakeClassifier are parts that fail as they are told to.
//
// A test that loses power looks like this: run something over a Disk until CutAt stops it, ask Crash for the disk that
// is found afterwards, run again on that, and let the Ledger judge what is there in the end.
package pipelinetest
