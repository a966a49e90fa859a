//go:build !race

package tagger_test

const raceDetector = false
