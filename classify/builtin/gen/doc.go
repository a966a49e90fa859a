// Command gen makes the built-in classifiers anew: `go generate ./classify/builtin`, with WINNOW_TASKS naming the folder of
// the tasks. It writes ../testdata, what each classifier is judged by, and ../catalog, where a classifier that comes out
// as it was stays as it is, and another one becomes its next version.
//
// A recipe (recipes/NAME.yaml) names labels, and the tasks that texts are drawn from (recipe.go, task.go, draw.go). A
// model is learnt or described (make.go), judged by whole tasks that were held out (measure.go), and saved (main.go).
// language is made of a model that others trained, and judged by texts that language.py took from two packages.
package main
