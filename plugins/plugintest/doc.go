// Package plugintest runs plugins in tests of Go: the test's own binary is the plugin's process, so that nothing has to be
// built first, and winnow's own suites judge what answers at the other end of the socket.
package plugintest
