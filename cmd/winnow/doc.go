// Command winnow gives records of text their labels: it reads streams and files, classifies each record, and writes it
// with its label to where the label sends it, exactly once.
//
// One file a command: flags in, calls out. What the commands share is in app.go (the program as tests start it),
// execute.go (a pipeline with progress, signals, control socket and summary), and the packages below internal: wire
// builds pipelines out of specs, term draws, control serves and asks for status, quality turns a run's counts into scores,
// answer and report are what eval reads and writes.
package main
