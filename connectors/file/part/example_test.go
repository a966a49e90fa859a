package part_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/pipelinetest"
)

// A process dies after its last commit; the next one goes on from the receipt.
func Example() {
	disk := pipelinetest.NewDisk()
	disk.Put("/out/.keep", nil)
	check := func(err error) {
		if err != nil {
			fmt.Println(err)
		}
	}
	first := part.NewFile(disk, "/out/a.txt")
	check(first.Open(part.Begin{}))
	check(first.Write([]byte("one\n"), 1))
	receipt, err := first.Prepare()
	check(err)
	check(first.Write([]byte("never committed\n"), 1))

	disk = disk.Crash(7)
	second := part.NewFile(disk, "/out/a.txt")
	check(second.Open(part.Begin{Last: &receipt, Resumed: true}))
	check(second.Write([]byte("two\n"), 1))
	receipt, err = second.Prepare()
	check(err)
	check(second.Seal(receipt))
	fmt.Printf("%s%d rows", disk.Get("/out/a.txt"), receipt.Rows)
	// Output:
	// one
	// two
	// 2 rows
}
