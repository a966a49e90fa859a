// Package pipeline is winnow's engine and its vocabulary: it takes records from a Source, batch by batch, through
// stages and a classifier, to sinks, and gives every record exactly one outcome: delivered, dead-lettered or dropped by
// a rule.
//
// Read pipeline.go first. A row's way is: intake (read.go) reads splits in parallel and hands on their batches in input
// order; the workers (work.go) decode, filter, label and route them and encode the rows for each sink; the writer
// (write.go) takes the batches in order again, writes them, and enters their outcomes in the ledger (ledger.go). From
// time to time the writer ends an epoch (commit.go): sinks prepare, the checkpoint is recorded (state.go), sinks commit.
// A start reads the checkpoint and goes on from there (recover.go).
//
// Promises, by their numbers in docs/guarantees.md: P1 (one outcome each), P3 (once in the sealed result), P5 (progress
// is durable before it is reported), P6 (order per split), P7 (kill -9 anywhere), P9 (a bad record stops nothing), P10
// (bounded memory).
//
// The package imports nothing of winnow but the contract of classify, and its own leaves fault, disk and failpoint.
package pipeline
