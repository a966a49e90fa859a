// Package sidecar names what a run leaves beside its output: the file of rejected records and the state folder. Those who
// write them and those who look for them take the names from here.
package sidecar
