//go:build !linux

package main

// mainWithPeak is the program alone: nothing here tells how much memory it took.
func mainWithPeak() { main() }
