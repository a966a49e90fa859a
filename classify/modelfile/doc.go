// Package modelfile writes and reads the files of models that winnow trains: a Format's magic and version, a header in
// JSON, arrays of numbers, and a checksum of all of it.
//
// What a file says is checked before it is believed: memory is taken for what is there, not for what a header promises,
// and a cut, damaged, foreign or newer file is told apart from the others (errors.go). What the numbers mean is the
// model's to check.
package modelfile
