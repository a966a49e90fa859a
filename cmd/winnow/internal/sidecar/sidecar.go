package sidecar

import (
	"path/filepath"
	"strings"
)

const (
	rejected = ".rejected.jsonl"
	state    = ".winnow"
)

// Rejected is the file of the records that did not get into an output.
func Rejected(output string) string { return Output(output) + rejected }

// IsRejected reports whether a file's name is one of rejected records.
func IsRejected(path string) bool { return strings.HasSuffix(path, rejected) }

// State is the folder of a run's state beside its output.
func State(output string) string { return Output(output) + state }

// StateOf is the folder of a named pipeline's state, below the folder that the pipeline is run in.
func StateOf(pipeline string) string { return filepath.Join(state, pipeline) }

// Output is an output's path without the slashes that say it is a folder.
func Output(path string) string {
	if t := strings.TrimRight(path, "/"); t != "" {
		return t
	}
	return path
}
