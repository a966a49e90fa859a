package main

import (
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/test/race"
)

// alike is how many cases of a table stand for each other where nothing but the race detector is asked: their goroutines are
// the same, and only what they say differs.
const alike = 8

// spared says whether the race detector's short form leaves out case n of a table; make test runs every one.
func spared(n int) bool { return race.Enabled && testing.Short() && n%alike != 0 }

// sequential are the scripts of commands that work in one goroutine, or in those of a pass that other scripts make too.
var sequential = []string{
	"classifiers", "eval", "label", "labels", "models", "spec", "suggest", "train_entities", "train_head", "usage",
}

// watched leaves out the sequential ones of scripts in the race detector's short form; make test runs every one.
func watched(t *testing.T, scripts []string) []string {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(scripts), func(path string) bool {
		return slices.ContainsFunc(sequential, func(name string) bool { return path == "testdata/script/"+name+".txtar" })
	})
	if len(rest) != len(scripts)-len(sequential) {
		t.Errorf("one of %q is no script", sequential)
	}
	if race.Enabled && testing.Short() {
		return rest
	}
	return scripts
}
