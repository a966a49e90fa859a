#include "textflag.h"

// FOLD leaves op over the 8 components of y in the lowest one: each half with the other, as pairwise does it.
#define FOLD(op, ops, y, x, t) \
	VEXTRACTF128 $1, y, t \
	op           t, x, x  \
	VMOVHLPS     x, x, t  \
	op           t, x, x  \
	VMOVSHDUP    x, t     \
	ops          t, x, x

// func extremesAVX2(x *float32, n int) (low, high float32)
TEXT ·extremesAVX2(SB), NOSPLIT, $0-24
	MOVQ    x+0(FP), SI
	MOVQ    n+8(FP), CX
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y1, Y3

next:
	VMOVUPS (SI), Y4
	VMOVUPS 32(SI), Y5
	VMINPS  Y4, Y0, Y0
	VMINPS  Y5, Y1, Y1
	VMAXPS  Y4, Y2, Y2
	VMAXPS  Y5, Y3, Y3
	ADDQ    $64, SI
	SUBQ    $16, CX
	JNZ     next

	VMINPS Y1, Y0, Y0
	VMAXPS Y3, Y2, Y2
	FOLD(VMINPS, VMINSS, Y0, X0, X1)
	FOLD(VMAXPS, VMAXSS, Y2, X2, X1)
	VMOVSS X0, low+16(FP)
	VMOVSS X2, high+20(FP)
	VZEROUPPER
	RET

// func quantizeAVX2(q *uint8, x *float32, n int, inverse float32, zero int32)
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-32
	MOVQ         q+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS inverse+24(FP), Y15
	MOVL         zero+28(FP), AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14
	MOVL         $0x7f7f7f7f, AX
	VMOVD        AX, X13
	VPBROADCASTD X13, X13

next:
	VMULPS       (SI), Y15, Y0
	VMULPS       32(SI), Y15, Y1
	VCVTPS2DQ    Y0, Y0
	VCVTPS2DQ    Y1, Y1
	VPADDD       Y14, Y0, Y0
	VPADDD       Y14, Y1, Y1
	VPACKSSDW    Y1, Y0, Y0      // components 0-3, 8-11, 4-7, 12-15
	VPERMQ       $0xd8, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKUSWB    X1, X0, X0
	VPMINUB      X13, X0, X0
	VMOVDQU      X0, (DI)
	ADDQ         $64, SI
	ADDQ         $16, DI
	SUBQ         $16, CX
	JNZ          next
	VZEROUPPER
	RET

// func dequantizeAVX2(y *float32, sums, columns *int32, scales, bias *float32, n int, scale float32, zero int32)
TEXT ·dequantizeAVX2(SB), NOSPLIT, $0-56
	MOVQ         y+0(FP), DI
	MOVQ         sums+8(FP), SI
	MOVQ         columns+16(FP), DX
	MOVQ         scales+24(FP), R8
	MOVQ         bias+32(FP), R9
	MOVQ         n+40(FP), BX
	SHLQ         $2, BX
	VBROADCASTSS scale+48(FP), Y15
	MOVL         zero+52(FP), AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14
	XORQ         CX, CX

next:
	VPMULLD   (DX)(CX*1), Y14, Y0
	VMOVDQU   (SI)(CX*1), Y1
	VPSUBD    Y0, Y1, Y1
	VCVTDQ2PS Y1, Y1
	VMULPS    (R8)(CX*1), Y15, Y2
	VMULPS    Y2, Y1, Y1
	VADDPS    (R9)(CX*1), Y1, Y1
	VMOVUPS   Y1, (DI)(CX*1)
	ADDQ      $32, CX
	CMPQ      CX, BX
	JNE       next
	VZEROUPPER
	RET

#define HORNER(off, p) \
	VMULPS Y2, p, p       \
	VADDPS off(DX), p, p

// func geluAVX2(x *float32, n int, constants *float32)
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ constants+16(FP), DX

next:
	VMOVUPS (SI), Y0
	VMULPS  (DX), Y0, Y1
	VMINPS  32(DX), Y1, Y1
	VMAXPS  64(DX), Y1, Y1 // u
	VMULPS  Y1, Y1, Y2     // u²
	VMULPS  96(DX), Y2, Y3
	VADDPS  128(DX), Y3, Y3
	HORNER(160, Y3)
	HORNER(192, Y3)
	HORNER(224, Y3)
	HORNER(256, Y3)
	HORNER(288, Y3)
	VMULPS  Y1, Y3, Y3
	VMULPS  320(DX), Y2, Y4
	VADDPS  352(DX), Y4, Y4
	HORNER(384, Y4)
	HORNER(416, Y4)
	HORNER(448, Y4)
	VDIVPS  Y4, Y3, Y3     // erf(u)
	VMULPS  480(DX), Y0, Y0
	VMULPS  Y3, Y0, Y3
	VADDPS  Y3, Y0, Y0
	VMOVUPS Y0, (SI)
	ADDQ    $32, SI
	SUBQ    $8, CX
	JNZ     next
	VZEROUPPER
	RET

// func addNormAVX2(x, y, gain, bias *float32, n int, size, epsilon float32)
TEXT ·addNormAVX2(SB), NOSPLIT, $0-48
	MOVQ   x+0(FP), DI
	MOVQ   y+8(FP), SI
	MOVQ   gain+16(FP), R8
	MOVQ   bias+24(FP), R9
	MOVQ   n+32(FP), BX
	SHLQ   $2, BX
	VMOVSS size+40(FP), X15
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	XORQ   CX, CX

sum:
	VMOVUPS (DI)(CX*1), Y2
	VMOVUPS 32(DI)(CX*1), Y3
	VADDPS  (SI)(CX*1), Y2, Y2
	VADDPS  32(SI)(CX*1), Y3, Y3
	VMOVUPS Y2, (DI)(CX*1)
	VMOVUPS Y3, 32(DI)(CX*1)
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	ADDQ    $64, CX
	CMPQ    CX, BX
	JNE     sum

	VADDPS Y1, Y0, Y0
	FOLD(VADDPS, VADDSS, Y0, X0, X1)
	VDIVSS       X15, X0, X0
	VBROADCASTSS X0, Y4      // mean
	VXORPS       Y0, Y0, Y0
	VXORPS       Y1, Y1, Y1
	XORQ         CX, CX

square:
	VMOVUPS (DI)(CX*1), Y2
	VMOVUPS 32(DI)(CX*1), Y3
	VSUBPS  Y4, Y2, Y2
	VSUBPS  Y4, Y3, Y3
	VMOVUPS Y2, (DI)(CX*1)
	VMOVUPS Y3, 32(DI)(CX*1)
	VMULPS  Y2, Y2, Y2
	VMULPS  Y3, Y3, Y3
	VADDPS  Y2, Y0, Y0
	VADDPS  Y3, Y1, Y1
	ADDQ    $64, CX
	CMPQ    CX, BX
	JNE     square

	VADDPS Y1, Y0, Y0
	FOLD(VADDPS, VADDSS, Y0, X0, X1)
	VDIVSS       X15, X0, X0
	VADDSS       epsilon+44(FP), X0, X0
	VSQRTSS      X0, X0, X0
	MOVL         $0x3f800000, AX     // 1
	VMOVD        AX, X1
	VDIVSS       X0, X1, X0
	VBROADCASTSS X0, Y4              // factor
	XORQ         CX, CX

scale:
	VMULPS  (DI)(CX*1), Y4, Y2
	VMULPS  (R8)(CX*1), Y2, Y2
	VADDPS  (R9)(CX*1), Y2, Y2
	VMOVUPS Y2, (DI)(CX*1)
	ADDQ    $32, CX
	CMPQ    CX, BX
	JNE     scale
	VZEROUPPER
	RET

// func addAVX2(x, y *float32, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ n+16(FP), BX
	SHLQ $2, BX
	XORQ CX, CX

next:
	VMOVUPS (DI)(CX*1), Y0
	VMOVUPS 32(DI)(CX*1), Y1
	VADDPS  (SI)(CX*1), Y0, Y0
	VADDPS  32(SI)(CX*1), Y1, Y1
	VMOVUPS Y0, (DI)(CX*1)
	VMOVUPS Y1, 32(DI)(CX*1)
	ADDQ    $64, CX
	CMPQ    CX, BX
	JNE     next
	VZEROUPPER
	RET
