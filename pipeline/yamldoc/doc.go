// Package yamldoc parses YAML that anybody may have written: what the parser can't stand is refused before it, and a panic
// of it is an error. Specs and labels files are read through it.
//
// It imports nothing of the project.
package yamldoc
