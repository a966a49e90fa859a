// Package unit holds the typed values of configurations: durations and sizes that don't do without a unit, and secrets
// that never print. All of them read from and write to text, so that YAML, JSON and flags treat them alike.
//
// The package is a leaf: it imports pipeline/fault alone.
package unit
