// Package examples holds whole plugins. winnow plugin new makes projects of them, so that what it writes is what is tested
// here.
package examples

import "embed"

// Classifier is the project of a classifier in Go, in the folder keywords.
//
//go:embed keywords/*.go keywords/plugin.yaml
var Classifier embed.FS

// Source is the project of a source in Go, in the folder lines.
//
//go:embed lines
var Source embed.FS

// Sink is the project of a sink in Go, in the folder parts.
//
//go:embed parts/*.go parts/plugin.yaml
var Sink embed.FS

// PythonClassifier is the project of a classifier in Python, in the folder keywords-python.
//
//go:embed keywords-python/*.py keywords-python/plugin.yaml
var PythonClassifier embed.FS

// PythonSource is the project of a source in Python, in the folder lines-python.
//
//go:embed lines-python/*.py lines-python/plugin.yaml lines-python/example
var PythonSource embed.FS

// PythonSink is the project of a sink in Python, in the folder parts-python.
//
//go:embed parts-python/*.py parts-python/plugin.yaml
var PythonSink embed.FS
