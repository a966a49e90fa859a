// Package wire is where the binary's parts are chosen and joined: the explicit list of its connectors and classifiers
// (kinds.go, classifier.go), and Build, which makes a pipeline of a spec. Flags of winnow classify become a spec first
// (simple.go), so that every command goes the same way.
//
// Another build of winnow with other connectors has another package wire.
package wire
