// Package crash starts the winnow binary, kills it, starts it again with the same command, and judges what is there in
// the end: each record once, in order, byte for byte what an undisturbed run writes.
//
// Its tests run in a short form with every `go test`. `make torture` runs them over 1,000,000 rows with 50 kills for
// each case:
//
//	go test ./test/crash -run TestTorture -torture -v -timeout 3h
package crash
