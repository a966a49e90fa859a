package part_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

// What is written lies in a part file until the seal, and what was not prepared is cut off.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "out.txt")

	f := part.NewFile(disk.OS{}, path)
	if err := f.Open(part.Begin{}); err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	if err := f.Write([]byte("kept\n"), 1); err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := f.Prepare()
	if err != nil {
		fmt.Println(err)
		return
	}
	f.Commit(receipt)
	if err := f.Write([]byte("lost in a crash\n"), 1); err != nil {
		fmt.Println(err)
		return
	}
	if err := f.Abort(); err != nil {
		fmt.Println(err)
		return
	}
	if err := f.Seal(receipt); err != nil {
		fmt.Println(err)
		return
	}
	data, err := os.ReadFile(path)
	fmt.Printf("%s%v\n", data, err)
	// Output:
	// kept
	// <nil>
}
