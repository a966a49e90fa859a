// Package config makes the settings of winnow serve out of a file, the environment and flags: what a flag says goes before
// the environment, and that before the file. The names are the same everywhere: limits.texts in the file is
// WINNOW_SERVE_LIMITS_TEXTS in the environment and --set limits.texts=… on the command line. All three are held to the
// rules of specs: unknown names, wrong types and missing units are errors, each with its place, all at once.
package config
