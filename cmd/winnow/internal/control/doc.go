// Package control is how running winnow processes are seen from outside: each one listens on a Unix socket in a private
// folder of the user's and answers a connection with its pipeline's Status as one JSON object. The socket's name is
// <pipeline>-<pid>.sock.
package control
