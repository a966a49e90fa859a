//go:build race

package race

// Enabled is true: the race detector watches.
const Enabled = true
