package cpu_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/cpu"
)

// What a newer set of instructions builds on is there, too.
func Example() {
	fmt.Println(!cpu.VNNI || cpu.AVX512, !cpu.AVX512 || cpu.FMA, !cpu.FMA || cpu.AVX2)
	// Output: true true true
}
