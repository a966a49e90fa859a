package main

import "os"

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version = ""

func main() {
	m := NewMain()
	code := m.Run(os.Args[1:])
	m.Close()
	os.Exit(code)
}
