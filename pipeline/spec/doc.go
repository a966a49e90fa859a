// Package spec is a pipeline as YAML: its types with their defaults, a strict reader that reports everything that is
// wrong at once, each with its line and column, and the JSON Schema and reference page made from the same types.
//
//	s, err := spec.Parse("tickets.yaml", data, kinds, os.LookupEnv)
//
// Reading goes in four steps: YAML becomes nodes with positions (document.go), --set and ${…} are applied to them
// (set.go, env.go), the nodes fill the structs (decode.go), and Check holds the whole to the rules that span fields
// (check.go, route.go). A spec built in Go (spec.New, fields set by hand) goes through the same Check.
//
// The package knows no connector: the caller passes the ones of its build as Kinds. It imports pipeline and its
// leaves, and classify's contract.
package spec
