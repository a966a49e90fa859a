//go:build !race

package cascade_test

const raceDetector = false
