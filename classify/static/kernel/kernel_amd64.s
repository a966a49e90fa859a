#include "textflag.h"

// Both Sum forms take rows two at a time: the int8 components of rows a and b are widened to int16 and interleaved,
// so that one multiply-add gives a·wa + b·wb as int32. Interleaving works on 128-bit halves, so that each pair of
// accumulators holds dimensions 0-3, 8-11, … and 4-7, 12-15, …; they are put in order at the end. An odd last row is
// paired with itself at weight 0.

// PAIR loads the next two ids at (SI), points R8 and R9 to their rows and leaves both weights in R10.
// CX counts ids left; DX rows, BX weights, R11 dim.
#define PAIR \
	MOVL    (SI), R8       \
	MOVL    4(SI), R9      \
	MOVWLZX (BX)(R8*2), R10 \
	MOVWLZX (BX)(R9*2), R12 \
	SHLL    $16, R12       \
	ORL     R12, R10       \
	IMULQ   R11, R8        \
	IMULQ   R11, R9        \
	ADDQ    DX, R8         \
	ADDQ    DX, R9

#define LAST \
	MOVL    (SI), R8       \
	MOVWLZX (BX)(R8*2), R10 \
	IMULQ   R11, R8        \
	ADDQ    DX, R8         \
	MOVQ    R8, R9

#define GROUP2(off, lo, hi) \
	VPMOVSXBW  off(R8), Y8    \
	VPMOVSXBW  off(R9), Y9    \
	VPUNPCKLWD Y9, Y8, Y10    \
	VPUNPCKHWD Y9, Y8, Y11    \
	VPMADDWD   Y15, Y10, Y10  \
	VPMADDWD   Y15, Y11, Y11  \
	VPADDD     Y10, lo, lo    \
	VPADDD     Y11, hi, hi

#define STORE2(off, lo, hi) \
	VPERM2I128 $0x20, hi, lo, Y8 \
	VPERM2I128 $0x31, hi, lo, Y9 \
	VMOVDQU    Y8, off(DI)       \
	VMOVDQU    Y9, (off+32)(DI)

// func sumAVX2(acc *int32, rows *byte, weights *int16, ids *uint32, n, dim int)
TEXT ·sumAVX2(SB), NOSPLIT, $0-48
	MOVQ acc+0(FP), DI
	MOVQ rows+8(FP), DX
	MOVQ weights+16(FP), BX
	MOVQ dim+40(FP), R11
	MOVQ R11, R13         // dimensions left

chunk: // 64 dimensions of all rows
	MOVQ  ids+24(FP), SI
	MOVQ  n+32(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

pair:
	SUBQ $2, CX
	JL   odd
	PAIR

add:
	VMOVD        R10, X15
	VPBROADCASTD X15, Y15
	GROUP2(0, Y0, Y1)
	GROUP2(16, Y2, Y3)
	GROUP2(32, Y4, Y5)
	GROUP2(48, Y6, Y7)
	ADDQ $8, SI
	JMP  pair

odd:
	CMPQ CX, $-1
	JNE  done
	LAST
	MOVQ $0, CX // the next round ends
	JMP  add

done:
	STORE2(0, Y0, Y1)
	STORE2(64, Y2, Y3)
	STORE2(128, Y4, Y5)
	STORE2(192, Y6, Y7)
	ADDQ $256, DI
	ADDQ $64, DX
	SUBQ $64, R13
	JNZ  chunk
	VZEROUPPER
	RET

#define GROUP5(off, lo, hi) \
	VPMOVSXBW  off(R8), Z16     \
	VPMOVSXBW  off(R9), Z17     \
	VPUNPCKLWD Z17, Z16, Z18    \
	VPUNPCKHWD Z17, Z16, Z19    \
	VPDPWSSD   Z31, Z18, lo     \
	VPDPWSSD   Z31, Z19, hi

#define STORE5(off, lo, hi) \
	VMOVDQA64 Z29, Z16       \
	VPERMI2Q  hi, lo, Z16    \
	VMOVDQA64 Z30, Z17       \
	VPERMI2Q  hi, lo, Z17    \
	VMOVDQU32 Z16, off(DI)   \
	VMOVDQU32 Z17, (off+64)(DI)

// Quadwords of lo (0-7) and hi (8-15) in the order of dimensions.
DATA order<>+0(SB)/8, $0
DATA order<>+8(SB)/8, $1
DATA order<>+16(SB)/8, $8
DATA order<>+24(SB)/8, $9
DATA order<>+32(SB)/8, $2
DATA order<>+40(SB)/8, $3
DATA order<>+48(SB)/8, $10
DATA order<>+56(SB)/8, $11
DATA order<>+64(SB)/8, $4
DATA order<>+72(SB)/8, $5
DATA order<>+80(SB)/8, $12
DATA order<>+88(SB)/8, $13
DATA order<>+96(SB)/8, $6
DATA order<>+104(SB)/8, $7
DATA order<>+112(SB)/8, $14
DATA order<>+120(SB)/8, $15
GLOBL order<>(SB), RODATA|NOPTR, $128

// func sum256AVX512(acc *int32, rows *byte, weights *int16, ids *uint32, n int)
// The same for 256 dimensions at once, in 16 accumulators.
TEXT ·sum256AVX512(SB), NOSPLIT, $0-40
	MOVQ      acc+0(FP), DI
	MOVQ      rows+8(FP), DX
	MOVQ      weights+16(FP), BX
	MOVQ      ids+24(FP), SI
	MOVQ      n+32(FP), CX
	MOVQ      $256, R11
	VMOVDQU64 order<>+0(SB), Z29
	VMOVDQU64 order<>+64(SB), Z30
	VPXORD    Z0, Z0, Z0
	VPXORD    Z1, Z1, Z1
	VPXORD    Z2, Z2, Z2
	VPXORD    Z3, Z3, Z3
	VPXORD    Z4, Z4, Z4
	VPXORD    Z5, Z5, Z5
	VPXORD    Z6, Z6, Z6
	VPXORD    Z7, Z7, Z7
	VPXORD    Z8, Z8, Z8
	VPXORD    Z9, Z9, Z9
	VPXORD    Z10, Z10, Z10
	VPXORD    Z11, Z11, Z11
	VPXORD    Z12, Z12, Z12
	VPXORD    Z13, Z13, Z13
	VPXORD    Z14, Z14, Z14
	VPXORD    Z15, Z15, Z15

pair:
	SUBQ $2, CX
	JL   odd
	PAIR

add:
	VPBROADCASTD R10, Z31
	GROUP5(0, Z0, Z1)
	GROUP5(32, Z2, Z3)
	GROUP5(64, Z4, Z5)
	GROUP5(96, Z6, Z7)
	GROUP5(128, Z8, Z9)
	GROUP5(160, Z10, Z11)
	GROUP5(192, Z12, Z13)
	GROUP5(224, Z14, Z15)
	ADDQ $8, SI
	JMP  pair

odd:
	CMPQ CX, $-1
	JNE  done
	LAST
	MOVQ $0, CX
	JMP  add

done:
	STORE5(0, Z0, Z1)
	STORE5(128, Z2, Z3)
	STORE5(256, Z4, Z5)
	STORE5(384, Z6, Z7)
	STORE5(512, Z8, Z9)
	STORE5(640, Z10, Z11)
	STORE5(768, Z12, Z13)
	STORE5(896, Z14, Z15)
	VZEROUPPER
	RET

#define SQUARE(off, acc, t) \
	VCVTDQ2PS off(SI), t \
	VMULPS    t, t, t    \
	VADDPS    t, acc, acc

// func squaresAVX2(acc *int32, n int) float32
// Lanes 0-7 are Y0, lanes 8-15 are Y1, and so on.
TEXT ·squaresAVX2(SB), NOSPLIT, $0-20
	MOVQ  acc+0(FP), SI
	MOVQ  n+8(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

loop:
	SQUARE(0, Y0, Y8)
	SQUARE(32, Y1, Y9)
	SQUARE(64, Y2, Y10)
	SQUARE(96, Y3, Y11)
	SQUARE(128, Y4, Y12)
	SQUARE(160, Y5, Y13)
	SQUARE(192, Y6, Y14)
	SQUARE(224, Y7, Y15)
	ADDQ $256, SI
	SUBQ $64, CX
	JNZ  loop

	VADDPS       Y4, Y0, Y0
	VADDPS       Y5, Y1, Y1
	VADDPS       Y6, Y2, Y2
	VADDPS       Y7, Y3, Y3
	VADDPS       Y2, Y0, Y0
	VADDPS       Y3, Y1, Y1
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMOVHLPS     X0, X0, X1
	VADDPS       X1, X0, X0
	VMOVSHDUP    X0, X1
	VADDSS       X1, X0, X0
	VMOVSS       X0, ret+16(FP)
	VZEROUPPER
	RET

// func roundAVX2(x *int16, acc *int32, n int, factor float32)
TEXT ·roundAVX2(SB), NOSPLIT, $0-28
	MOVQ         x+0(FP), DI
	MOVQ         acc+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS factor+24(FP), Y4

loop:
	VCVTDQ2PS (SI), Y0
	VCVTDQ2PS 32(SI), Y1
	VMULPS    Y4, Y0, Y0
	VMULPS    Y4, Y1, Y1
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPACKSSDW Y1, Y0, Y0
	VPERMQ    $0xd8, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JNZ       loop
	VZEROUPPER
	RET

// FOUR adds up each of Y0-Y3 and stores the four sums.
#define FOUR \
	VPHADDD      Y1, Y0, Y0  \
	VPHADDD      Y3, Y2, Y2  \
	VPHADDD      Y2, Y0, Y0  \
	VEXTRACTI128 $1, Y0, X1  \
	VPADDD       X1, X0, X0  \
	VMOVDQU      X0, (DI)

// func dotsAVX2(out *int32, x, rows *int16, n, dim int)
// Four rows at a time.
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+16(FP), R8
	MOVQ n+24(FP), BX
	MOVQ dim+32(FP), DX
	SHLQ $1, DX           // bytes a row

four:
	MOVQ  x+8(FP), SI
	LEAQ  (R8)(DX*1), R9
	LEAQ  (R9)(DX*1), R10
	LEAQ  (R10)(DX*1), R11
	XORQ  CX, CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3

loop:
	VMOVDQU  (SI)(CX*1), Y4
	VPMADDWD (R8)(CX*1), Y4, Y5
	VPMADDWD (R9)(CX*1), Y4, Y6
	VPMADDWD (R10)(CX*1), Y4, Y7
	VPMADDWD (R11)(CX*1), Y4, Y8
	VPADDD   Y5, Y0, Y0
	VPADDD   Y6, Y1, Y1
	VPADDD   Y7, Y2, Y2
	VPADDD   Y8, Y3, Y3
	ADDQ     $32, CX
	CMPQ     CX, DX
	JNE      loop

	FOUR
	LEAQ (R11)(DX*1), R8
	ADDQ $16, DI
	SUBQ $4, BX
	JNZ  four
	VZEROUPPER
	RET

#define HALVE(z, y, t) \
	VEXTRACTI64X4 $1, z, t \
	VPADDD        t, y, y

// func dotsAVX512(out *int32, x, rows *int16, n, dim int)
TEXT ·dotsAVX512(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+16(FP), R8
	MOVQ n+24(FP), BX
	MOVQ dim+32(FP), DX
	SHLQ $1, DX

four:
	MOVQ   x+8(FP), SI
	LEAQ   (R8)(DX*1), R9
	LEAQ   (R9)(DX*1), R10
	LEAQ   (R10)(DX*1), R11
	XORQ   CX, CX
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3

loop:
	VMOVDQU64 (SI)(CX*1), Z4
	VPDPWSSD  (R8)(CX*1), Z4, Z0
	VPDPWSSD  (R9)(CX*1), Z4, Z1
	VPDPWSSD  (R10)(CX*1), Z4, Z2
	VPDPWSSD  (R11)(CX*1), Z4, Z3
	ADDQ      $64, CX
	CMPQ      CX, DX
	JNE       loop

	HALVE(Z0, Y0, Y4)
	HALVE(Z1, Y1, Y5)
	HALVE(Z2, Y2, Y6)
	HALVE(Z3, Y3, Y7)
	FOUR
	LEAQ (R11)(DX*1), R8
	ADDQ $16, DI
	SUBQ $4, BX
	JNZ  four
	VZEROUPPER
	RET

// func prefetchRows(rows *byte, ids *uint32, n, dim int)
// A cache line at a time, and the last byte, since rows need not begin on a line.
TEXT ·prefetchRows(SB), NOSPLIT, $0-32
	MOVQ rows+0(FP), DX
	MOVQ ids+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ dim+24(FP), R11

row:
	MOVL  (SI), R8
	IMULQ R11, R8
	ADDQ  DX, R8
	LEAQ  (R8)(R11*1), R9

line:
	PREFETCHT0 (R8)
	ADDQ       $64, R8
	CMPQ       R8, R9
	JLT        line
	PREFETCHT0 -1(R9)
	ADDQ       $4, SI
	DECQ       CX
	JNZ        row
	RET
