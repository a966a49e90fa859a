#include "textflag.h"

// As on amd64: four rows of the left matrix are multiplied by a panel at once, what is left over goes row by row. Sums of
// a row are four vectors of four columns.

// The assembler has no names for these, so they are spelled by number of register.

// SDOT adds to each int32 of vd the dot product of the four bytes at its place in vn with the first four bytes of vm.
#define SDOT(vm, vn, vd) WORD $(0x4f80e000 | (vm)<<16 | (vn)<<5 | (vd))

// FMUL and FADD work on four float32.
#define FMUL(vm, vn, vd) WORD $(0x6e20dc00 | (vm)<<16 | (vn)<<5 | (vd))
#define FADD(vm, vn, vd) WORD $(0x4e20d400 | (vm)<<16 | (vn)<<5 | (vd))

#define ZERO4(a, b, c, d) \
	VEOR a.B16, a.B16, a.B16 \
	VEOR b.B16, b.B16, b.B16 \
	VEOR c.B16, c.B16, c.B16 \
	VEOR d.B16, d.B16, d.B16

// FMLA adds the products of four float32 to vd.
#define FMLA(vm, vn, vd) WORD $(0x4e20cc00 | (vm)<<16 | (vn)<<5 | (vd))

// A step adds the product of one component of a row with those of 16 columns, which V16 to V19 hold.
#define FUSED(row, s0, s1, s2, s3) \
	VLD1R.P 4(row), [V20.S4] \
	FMLA(20, 16, s0)         \
	FMLA(20, 17, s1)         \
	FMLA(20, 18, s2)         \
	FMLA(20, 19, s3)

#define EXACT(row, s0, s1, s2, s3) \
	VLD1R.P 4(row), [V20.S4] \
	FMUL(20, 16, 21)         \
	FMUL(20, 17, 22)         \
	FMUL(20, 18, 23)         \
	FMUL(20, 19, 24)         \
	FADD(21, s0, s0)         \
	FADD(22, s1, s1)         \
	FADD(23, s2, s2)         \
	FADD(24, s3, s3)

// PRODUCT is the whole of a function (c, a, b *float32, rows, depth, strideA, strideB, strideC int) over one panel.
#define PRODUCT(STEP) \
	MOVD c+0(FP), R0        \
	MOVD a+8(FP), R1        \
	MOVD rows+24(FP), R3    \
	MOVD depth+32(FP), R4   \
	MOVD strideA+40(FP), R5 \
	MOVD strideB+48(FP), R11 \
	MOVD strideC+56(FP), R12 \
	LSL  $2, R5, R5         \
	LSL  $2, R11, R11       \
	LSL  $2, R12, R12       \
four:                       \
	SUBS $4, R3, R3         \
	BLT  rest               \
	MOVD R1, R6             \
	ADD  R5, R6, R7         \
	ADD  R5, R7, R8         \
	ADD  R5, R8, R9         \
	ADD  R5, R9, R1         \
	MOVD b+16(FP), R2       \
	MOVD R4, R10            \
	ZERO4(V0, V1, V2, V3)   \
	ZERO4(V4, V5, V6, V7)   \
	ZERO4(V8, V9, V10, V11) \
	ZERO4(V12, V13, V14, V15) \
step4:                      \
	VLD1 (R2), [V16.S4, V17.S4, V18.S4, V19.S4] \
	ADD  R11, R2, R2        \
	STEP(R6, 0, 1, 2, 3)    \
	STEP(R7, 4, 5, 6, 7)    \
	STEP(R8, 8, 9, 10, 11)  \
	STEP(R9, 12, 13, 14, 15) \
	SUBS $1, R10, R10       \
	BNE  step4              \
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0) \
	ADD  R12, R0, R0        \
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R0) \
	ADD  R12, R0, R0        \
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R0) \
	ADD  R12, R0, R0        \
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R0) \
	ADD  R12, R0, R0        \
	B    four               \
rest:                       \
	ADD  $4, R3, R3         \
one:                        \
	SUBS $1, R3, R3         \
	BLT  done               \
	MOVD R1, R6             \
	ADD  R5, R1, R1         \
	MOVD b+16(FP), R2       \
	MOVD R4, R10            \
	ZERO4(V0, V1, V2, V3)   \
step1:                      \
	VLD1 (R2), [V16.S4, V17.S4, V18.S4, V19.S4] \
	ADD  R11, R2, R2        \
	STEP(R6, 0, 1, 2, 3)    \
	SUBS $1, R10, R10       \
	BNE  step1              \
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0) \
	ADD  R12, R0, R0        \
	B    one                \
done:                       \
	RET

// DOT adds the products of four activations of a row with those of 16 columns, which V16 to V19 hold.
#define DOT(row, s0, s1, s2, s3) \
	FMOVS.P 4(row), F20 \
	SDOT(20, 16, s0)    \
	SDOT(20, 17, s1)    \
	SDOT(20, 18, s2)    \
	SDOT(20, 19, s3)

// func mulInt8Dot(c *int32, a *uint8, panel *int8, rows, in, stride int)
TEXT ·mulInt8Dot(SB), NOSPLIT, $0-48
	MOVD c+0(FP), R0
	MOVD a+8(FP), R1
	MOVD rows+24(FP), R3
	MOVD in+32(FP), R4
	MOVD stride+40(FP), R5
	LSL  $2, R5, R5        // bytes from row to row of c

four:
	SUBS $4, R3, R3
	BLT  rest
	MOVD R1, R6
	ADD  R4, R6, R7
	ADD  R4, R7, R8
	ADD  R4, R8, R9
	ADD  R4, R9, R1
	MOVD panel+16(FP), R2
	MOVD R4, R10
	ZERO4(V0, V1, V2, V3)
	ZERO4(V4, V5, V6, V7)
	ZERO4(V8, V9, V10, V11)
	ZERO4(V12, V13, V14, V15)

group4:
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	DOT(R6, 0, 1, 2, 3)
	DOT(R7, 4, 5, 6, 7)
	DOT(R8, 8, 9, 10, 11)
	DOT(R9, 12, 13, 14, 15)
	SUBS   $4, R10, R10
	BNE    group4

	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	ADD  R5, R0, R0
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R0)
	ADD  R5, R0, R0
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R0)
	ADD  R5, R0, R0
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R0)
	ADD  R5, R0, R0
	B    four

rest:
	ADD $4, R3, R3

one:
	SUBS $1, R3, R3
	BLT  done
	MOVD R1, R6
	ADD  R4, R1, R1
	MOVD panel+16(FP), R2
	MOVD R4, R10
	ZERO4(V0, V1, V2, V3)

group1:
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	DOT(R6, 0, 1, 2, 3)
	SUBS   $4, R10, R10
	BNE    group1

	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	ADD  R5, R0, R0
	B    one

done:
	RET

// func mulFMA(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulFMA(SB), NOSPLIT, $0-64
	PRODUCT(FUSED)

// func mulNEON(c, a, b *float32, rows, depth, strideA, strideB, strideC int)
TEXT ·mulNEON(SB), NOSPLIT, $0-64
	PRODUCT(EXACT)
