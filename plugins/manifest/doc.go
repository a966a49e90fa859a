// Package manifest reads plugin.yaml, in which a plugin says what it is, how it is started, what belongs to it and what its
// configuration looks like, so that winnow can tell all of that without starting it.
package manifest
