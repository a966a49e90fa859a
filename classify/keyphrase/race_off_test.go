//go:build !race

package keyphrase_test

const raceDetector = false
