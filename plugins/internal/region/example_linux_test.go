package region_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/plugins/internal/region"
)

// A batch goes to the other process. What is said of it goes through a socket; here both are this process.
func Example() {
	host, err := region.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	fd, err := unix.Dup(int(host.File().Fd())) // as exec.Cmd.ExtraFiles does
	if err != nil {
		fmt.Println(err)
		return
	}
	process := new(region.Region)
	if !process.Join(host.Memory(fd)) {
		fmt.Println("the process has no such file")
		return
	}
	defer process.Close()

	slot := host.Take(5)
	slot.Append([]byte("batch"))
	message := slot.Send()
	fmt.Println(process.Receive(message, func(shared []byte) { fmt.Printf("%s\n", shared) }))
	fmt.Println(process.Receive(message, func([]byte) {}))
	// Output:
	// batch
	// <nil>
	// a batch is said to lie in slot 0 of shared memory, where it is not
}
