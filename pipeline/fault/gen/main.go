// Command gen writes docs/reference/errors.md from the registry of codes. Run it from the module's root:
//
//	go run ./pipeline/fault/gen
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func main() {
	out := filepath.Join("docs", "reference", "errors.md")
	if len(os.Args) > 1 {
		out = os.Args[1]
	}
	err := os.MkdirAll(filepath.Dir(out), 0o755)
	if err == nil {
		err = os.WriteFile(out, fault.Reference(), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
