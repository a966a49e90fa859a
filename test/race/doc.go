// Package race says whether a test runs under the race detector, which slows loops down and makes pools lose things at
// random: tests count fewer cases there, and no allocations.
package race
