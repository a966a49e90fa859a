// Package fault holds winnow's coded errors: what happened, where, and what to do next. Every error that a user can
// see (terminal, HTTP, dead letter, job row) is a *fault.Error with a registered code; the registry in codes.go is the
// one owner of codes, their fate and their exit status, and docs/reference/errors.md is generated from it.
//
// The package is a leaf: it imports nothing of winnow.
package fault
