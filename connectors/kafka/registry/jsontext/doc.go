// Package jsontext reads JSON piece by piece, for encoders that know what comes next. Nothing is built of it. It imports
// nothing of the project.
package jsontext
