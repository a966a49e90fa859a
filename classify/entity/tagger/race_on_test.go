//go:build race

package tagger_test

// raceDetector makes pools lose things at random, so that allocations can't be held to a number.
const raceDetector = true
