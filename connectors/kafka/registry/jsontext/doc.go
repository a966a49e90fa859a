// Package jsontext reads JSON piece by piece, for encoders that know what comes next, and writes the numbers of decoders.
// Nothing is built of it. It imports nothing of the project.
package jsontext
