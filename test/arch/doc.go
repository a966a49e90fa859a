// Package arch holds the shape of the project: which package may import which, what stays out of the binary, and that
// every package says what it is and shows how it is used. It has tests alone.
package arch
