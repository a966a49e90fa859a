// Package cpu says, once for every package of kernels, which instructions this machine has. It imports nothing of
// winnow.
package cpu

import "golang.org/x/sys/cpu"

// The sets of instructions that kernels choose from, named by the newest of them. They are false on machines of another
// architecture.
var (
	// AVX2 is what amd64 machines have had since 2013.
	AVX2 = cpu.X86.HasAVX2
	// FMA is AVX2 with fused multiply-add.
	FMA = AVX2 && cpu.X86.HasFMA
	// AVX512 is what server processors have of AVX-512 as of 2017: 32 registers of 512 bits, and parts of them.
	AVX512 = FMA && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL
	// VNNI is AVX-512 as of 2019, with dot products of int8 and of int16.
	VNNI = AVX512 && cpu.X86.HasAVX512VNNI
	// Dot is arm64's dot product of int8, which server processors have had since 2018.
	Dot = cpu.ARM64.HasASIMDDP
)
