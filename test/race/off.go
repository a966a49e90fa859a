//go:build !race

package race

// Enabled is false: no race detector watches.
const Enabled = false
