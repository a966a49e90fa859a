// Package sdk makes a program a winnow plugin: its main function calls Serve with what the plugin is. A plugin implements the
// same interfaces as what is built in (classify.Classifier, pipeline.Source), and the same suites judge it (classifytest,
// pipelinetest).
//
// Serve speaks to winnow over standard output and a socket, and ends the process when winnow asks for it, or is gone.
// Whatever the program prints afterwards is a line in winnow's log. A panic ends the plugin; winnow starts it again, and
// sets aside the record that made it panic twice.
package sdk
