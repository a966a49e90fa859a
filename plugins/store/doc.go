// Package store keeps installed plugins in a folder of the user's: a private copy of the files that the manifest names, and
// a lock file beside it with the hash of each. What is started is the copy, and only where it still is what was hashed.
//
//	<name>/lock.json        which copy is the plugin's, and the hashes of its files
//	<name>/<hash>/…         a copy; nobody writes to it
//
// The lock is replaced by a rename: an install that is cut off leaves the old plugin. Copies of earlier installs stay for the
// pipelines that run them, until the plugin is removed.
package store
