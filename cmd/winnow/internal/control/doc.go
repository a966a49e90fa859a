// Package control is how running winnow processes are seen from outside: each one listens on a Unix socket in a private
// folder of the user's. The socket's name is <pipeline>-<pid>.sock. Who connects sends one Request as a JSON object, and
// gets either the pipeline's Status, or samples of its records until one of the two ends, a JSON object each.
package control
