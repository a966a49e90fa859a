// Package scaffold makes projects of plugins: an example of plugins/examples under another name, with what a project of its
// own needs beside it.
package scaffold
