#include "textflag.h"

// Four rows of the left matrix are multiplied by a panel at once, so that each load of the panel serves four rows; what
// is left over goes row by row. With AVX-512 it is eight rows: a step takes four cycles until its sum can take the next
// one, and two begin in each cycle.

// A step adds the product of one component of a row with those of 16 columns: Y8 and Y9 hold the columns'.
#define FUSED(row, lo, hi) \
	VBROADCASTSS (row)(CX*4), Y10 \
	VFMADD231PS  Y8, Y10, lo      \
	VFMADD231PS  Y9, Y10, hi

#define EXACT(row, lo, hi) \
	VBROADCASTSS (row)(CX*4), Y10 \
	VMULPS       Y8, Y10, Y11     \
	VMULPS       Y9, Y10, Y12     \
	VADDPS       Y11, lo, lo      \
	VADDPS       Y12, hi, hi

// PRODUCT is the whole of a function (c, a, b *float32, rows, depth, strideA, strideB, strideC int) over one panel.
#define PRODUCT(STEP) \
	MOVQ   c+0(FP), DI        \
	MOVQ   a+8(FP), SI        \
	MOVQ   rows+24(FP), R10   \
	MOVQ   depth+32(FP), R11  \
	MOVQ   strideA+40(FP), AX \
	MOVQ   strideB+48(FP), BX \
	MOVQ   strideC+56(FP), R12 \
	SHLQ   $2, AX             \
	SHLQ   $2, BX             \
	SHLQ   $2, R12            \
four:                         \
	SUBQ   $4, R10            \
	JL     rest               \
	LEAQ   (SI)(AX*1), R8     \
	LEAQ   (SI)(AX*2), R9     \
	LEAQ   (R8)(AX*2), R13    \
	MOVQ   b+16(FP), DX       \
	XORQ   CX, CX             \
	VXORPS Y0, Y0, Y0         \
	VXORPS Y1, Y1, Y1         \
	VXORPS Y2, Y2, Y2         \
	VXORPS Y3, Y3, Y3         \
	VXORPS Y4, Y4, Y4         \
	VXORPS Y5, Y5, Y5         \
	VXORPS Y6, Y6, Y6         \
	VXORPS Y7, Y7, Y7         \
step4:                        \
	VMOVUPS (DX), Y8          \
	VMOVUPS 32(DX), Y9        \
	STEP(SI, Y0, Y1)          \
	STEP(R8, Y2, Y3)          \
	STEP(R9, Y4, Y5)          \
	STEP(R13, Y6, Y7)         \
	ADDQ    BX, DX            \
	INCQ    CX                \
	CMPQ    CX, R11           \
	JNE     step4             \
	VMOVUPS Y0, (DI)          \
	VMOVUPS Y1, 32(DI)        \
	ADDQ    R12, DI           \
	VMOVUPS Y2, (DI)          \
	VMOVUPS Y3, 32(DI)        \
	ADDQ    R12, DI           \
	VMOVUPS Y4, (DI)          \
	VMOVUPS Y5, 32(DI)        \
	ADDQ    R12, DI           \
	VMOVUPS Y6, (DI)          \
	VMOVUPS Y7, 32(DI)        \
	ADDQ    R12, DI           \
	LEAQ    (SI)(AX*4), SI    \
	JMP     four              \
rest:                         \
	ADDQ    $4, R10           \
one:                          \
	SUBQ    $1, R10           \
	JL      done              \
	MOVQ    b+16(FP), DX      \
	XORQ    CX, CX            \
	VXORPS  Y0, Y0, Y0        \
	VXORPS  Y1, Y1, Y1        \
step1:                        \
	VMOVUPS (DX), Y8          \
	VMOVUPS 32(DX), Y9        \
	STEP(SI, Y0, Y1)          \
	ADDQ    BX, DX            \
	INCQ    CX                \
	CMPQ    CX, R11           \
	JNE     step1             \
	VMOVUPS Y0, (DI)          \
	VMOVUPS Y1, 32(DI)        \
	ADDQ    R12, DI           \
	ADDQ    AX, SI            \
	JMP     one               \
done:                         \
	VZEROUPPER                \
	RET

// DOT adds the products of four activations of a row with those of 16 columns: Y8 and Y9 hold the columns' weights,
// Y15 ones.
#define DOT(row, lo, hi) \
	VPBROADCASTD (row)(CX*1), Y10 \
	VPMADDUBSW   Y8, Y10, Y11     \
	VPMADDUBSW   Y9, Y10, Y12     \
	VPMADDWD     Y15, Y11, Y11    \
	VPMADDWD     Y15, Y12, Y12    \
	VPADDD       Y11, lo, lo      \
	VPADDD       Y12, hi, hi

// func mulInt8AVX2(c *int32, a *uint8, panel *int8, rows, in, stride int)
TEXT ·mulInt8AVX2(SB), NOSPLIT, $0-48
	MOVQ     c+0(FP), DI
	MOVQ     a+8(FP), SI
	MOVQ     rows+24(FP), R10
	MOVQ     in+32(FP), R11
	MOVQ     stride+40(FP), R12
	SHLQ     $2, R12         // bytes from row to row of c
	VPCMPEQW Y15, Y15, Y15
	VPSRLW   $15, Y15, Y15

four:
	SUBQ  $4, R10
	JL    rest
	LEAQ  (SI)(R11*1), R8
	LEAQ  (SI)(R11*2), R9
	LEAQ  (R8)(R11*2), R13
	MOVQ  panel+16(FP), DX
	XORQ  CX, CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7

group4:
	VMOVDQU (DX), Y8
	VMOVDQU 32(DX), Y9
	DOT(SI, Y0, Y1)
	DOT(R8, Y2, Y3)
	DOT(R9, Y4, Y5)
	DOT(R13, Y6, Y7)
	ADDQ    $64, DX
	ADDQ    $4, CX
	CMPQ    CX, R11
	JNE     group4

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    R12, DI
	VMOVDQU Y2, (DI)
	VMOVDQU Y3, 32(DI)
	ADDQ    R12, DI
	VMOVDQU Y4, (DI)
	VMOVDQU Y5, 32(DI)
	ADDQ    R12, DI
	VMOVDQU Y6, (DI)
	VMOVDQU Y7, 32(DI)
	ADDQ    R12, DI
	LEAQ    (SI)(R11*4), SI
	JMP     four

rest:
	ADDQ $4, R10

one:
	SUBQ  $1, R10
	JL    done
	MOVQ  panel+16(FP), DX
	XORQ  CX, CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

group1:
	VMOVDQU (DX), Y8
	VMOVDQU 32(DX), Y9
	DOT(SI, Y0, Y1)
	ADDQ    $64, DX
	ADDQ    $4, CX
	CMPQ    CX, R11
	JNE     group1

	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    R12, DI
	ADDQ    R11, SI
	JMP     one

done:
	VZEROUPPER
	RET

#define DOT5(row, sum) \
	VPBROADCASTD (row)(CX*1), Z9 \
	VPDPBUSD     Z8, Z9, sum

// func mulInt8VNNI(c *int32, a *uint8, panel *int8, rows, in, stride int)
// Eight rows at once keep the dot products' latency busy.
TEXT ·mulInt8VNNI(SB), NOSPLIT, $0-48
	MOVQ c+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ rows+24(FP), R10
	MOVQ in+32(FP), R11
	MOVQ stride+40(FP), R12
	SHLQ $2, R12 // bytes from row to row of c

eight:
	SUBQ   $8, R10
	JL     rest
	LEAQ   (SI)(R11*1), R8
	LEAQ   (SI)(R11*2), R9
	LEAQ   (R8)(R11*2), R13
	LEAQ   (SI)(R11*4), AX
	LEAQ   (R8)(R11*4), BX
	LEAQ   (R9)(R11*4), R14
	LEAQ   (R13)(R11*4), R15
	MOVQ   panel+16(FP), DX
	XORQ   CX, CX
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	VPXORD Z4, Z4, Z4
	VPXORD Z5, Z5, Z5
	VPXORD Z6, Z6, Z6
	VPXORD Z7, Z7, Z7

group8:
	VMOVDQU32 (DX), Z8
	DOT5(SI, Z0)
	DOT5(R8, Z1)
	DOT5(R9, Z2)
	DOT5(R13, Z3)
	DOT5(AX, Z4)
	DOT5(BX, Z5)
	DOT5(R14, Z6)
	DOT5(R15, Z7)
	ADDQ      $64, DX
	ADDQ      $4, CX
	CMPQ      CX, R11
	JNE       group8

	VMOVDQU32 Z0, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z1, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z2, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z3, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z4, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z5, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z6, (DI)
	ADDQ      R12, DI
	VMOVDQU32 Z7, (DI)
	ADDQ      R12, DI
	LEAQ      (SI)(R11*8), SI
	JMP       eight

rest:
	ADDQ $8, R10

one:
	SUBQ   $1, R10
	JL     done
	MOVQ   panel+16(FP), DX
	XORQ   CX, CX
	VPXORD Z0, Z0, Z0

group1:
	VMOVDQU32 (DX), Z8
	DOT5(SI, Z0)
	ADDQ      $64, DX
	ADDQ      $4, CX
	CMPQ      CX, R11
	JNE       group1

	VMOVDQU32 Z0, (DI)
	ADDQ      R12, DI
	ADDQ      R11, SI
	JMP       one

done:
	VZEROUPPER
	RET

// func mulFMA(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulFMA(SB), NOSPLIT, $0-64
	PRODUCT(FUSED)

// func mulAVX2(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulAVX2(SB), NOSPLIT, $0-64
	PRODUCT(EXACT)

// A step of AVX-512 adds the product of one component of a row with those of 16 columns: Z8 holds the columns'.
#define FUSED512(row, sum) \
	VFMADD231PS.BCST (row)(CX*4), Z8, sum

#define EXACT512(row, sum) \
	VMULPS.BCST (row)(CX*4), Z8, Z9 \
	VADDPS      Z9, sum, sum

// BELOW points next to row k of a tile, AX bytes behind row k - 1. Where fewer than that are left of the R15 rows, it is
// the last one again: a tile always has eight, and what is done twice gives the same.
#define BELOW(k, row, next) \
	LEAQ    (row)(AX*1), next \
	CMPQ    R15, $k           \
	CMOVQLE row, next

// PUT stores row k - 1 of a tile at DI and moves on to row k as BELOW does.
#define PUT(k, sum) \
	VMOVUPS sum, (DI)      \
	LEAQ    (DI)(AX*1), DX \
	CMPQ    R15, $k        \
	CMOVQGT DX, DI

// PRODUCT512 is PRODUCT in tiles of eight rows.
#define PRODUCT512(STEP) \
	MOVQ   c+0(FP), DI        \
	MOVQ   a+8(FP), SI        \
	MOVQ   rows+24(FP), R15   \
	MOVQ   strideB+48(FP), BX \
	SHLQ   $2, BX             \
tile:                         \
	MOVQ   strideA+40(FP), AX \
	SHLQ   $2, AX             \
	BELOW(1, SI, R8)          \
	BELOW(2, R8, R9)          \
	BELOW(3, R9, R10)         \
	BELOW(4, R10, R11)        \
	BELOW(5, R11, R12)        \
	BELOW(6, R12, R13)        \
	BELOW(7, R13, R14)        \
	MOVQ   b+16(FP), DX       \
	MOVQ   depth+32(FP), AX   \
	XORQ   CX, CX             \
	VPXORD Z0, Z0, Z0         \
	VPXORD Z1, Z1, Z1         \
	VPXORD Z2, Z2, Z2         \
	VPXORD Z3, Z3, Z3         \
	VPXORD Z4, Z4, Z4         \
	VPXORD Z5, Z5, Z5         \
	VPXORD Z6, Z6, Z6         \
	VPXORD Z7, Z7, Z7         \
step:                         \
	VMOVUPS (DX), Z8          \
	STEP(SI, Z0)              \
	STEP(R8, Z1)              \
	STEP(R9, Z2)              \
	STEP(R10, Z3)             \
	STEP(R11, Z4)             \
	STEP(R12, Z5)             \
	STEP(R13, Z6)             \
	STEP(R14, Z7)             \
	ADDQ   BX, DX             \
	INCQ   CX                 \
	CMPQ   CX, AX             \
	JNE    step               \
	MOVQ   strideC+56(FP), AX \
	SHLQ   $2, AX             \
	PUT(1, Z0)                \
	PUT(2, Z1)                \
	PUT(3, Z2)                \
	PUT(4, Z3)                \
	PUT(5, Z4)                \
	PUT(6, Z5)                \
	PUT(7, Z6)                \
	PUT(8, Z7)                \
	MOVQ   strideA+40(FP), AX \
	LEAQ   (R14)(AX*4), SI    \
	SUBQ   $8, R15            \
	JG     tile               \
	VZEROUPPER                \
	RET

// func mulFMA512(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulFMA512(SB), NOSPLIT, $0-64
	PRODUCT512(FUSED512)

// func mulAVX512(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulAVX512(SB), NOSPLIT, $0-64
	PRODUCT512(EXACT512)
