package letter_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
)

func ExampleRead() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.jsonl.rejected.jsonl")
	line := `{"code":"record.json","message":"no value","file":"in.jsonl","split":"in.jsonl","offset":6,"line":7,"attempts":1,"record":"{oops"}`
	if err := os.WriteFile(path, []byte(line+"\n"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	for l, err := range letter.Read(path) {
		if err != nil {
			fmt.Println(err)
			return
		}
		record, _ := l.Original()
		fmt.Printf("%s %s\n", l.Place(), record)
	}
	// Output: in.jsonl:7 {oops
}
