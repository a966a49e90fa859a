// Package catalog keeps saved classifiers: under a name, in immutable versions that are known by their content.
//
// A Catalog is a folder. Save gives what a Draft holds the next number of its name, or finds the version that holds the
// same already. Resolve finds a version by a Reference: "support" (the newest), "support@v2", "support@production" (an
// alias), "support@sha256:1f9c2a7b". A Version has a Manifest and, by name, its weights. Export and Import carry a
// version between catalogs as one file. Builtin is a version that is compiled into a program.
//
// On the disk:
//
//	lock                      held by who writes
//	blobs/<sha256>            weights, each once
//	names/<name>/v1.json      a manifest, or what is left of a deleted version
//	names/<name>/aliases.json
//	tmp/                      what is being written; whoever takes the lock removes what is left there
//
// Promises: a version is visible whole or not at all, whenever the power goes or a process dies; it never changes, and
// its number is never given again; processes that save at once get different numbers; what is read is what was written,
// or an error that names the file.
//
// It knows no backend: whoever wires a program turns a manifest into a classifier. It imports classify's contract,
// coded errors and the file system.
package catalog
