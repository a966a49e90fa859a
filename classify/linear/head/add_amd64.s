#include "textflag.h"

// func addRowAVX2(w, x *float32, n int, f float32)
// n is a multiple of 8. Products are not fused with sums, as in addRowGo.
TEXT ·addRowAVX2(SB), NOSPLIT, $0-28
	MOVQ         w+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS f+24(FP), Y0

four:
	CMPQ    CX, $32
	JLT     one
	VMULPS  (SI), Y0, Y1
	VMULPS  32(SI), Y0, Y2
	VMULPS  64(SI), Y0, Y3
	VMULPS  96(SI), Y0, Y4
	VADDPS  (DI), Y1, Y1
	VADDPS  32(DI), Y2, Y2
	VADDPS  64(DI), Y3, Y3
	VADDPS  96(DI), Y4, Y4
	VMOVUPS Y1, (DI)
	VMOVUPS Y2, 32(DI)
	VMOVUPS Y3, 64(DI)
	VMOVUPS Y4, 96(DI)
	ADDQ    $128, SI
	ADDQ    $128, DI
	SUBQ    $32, CX
	JMP     four

one:
	CMPQ    CX, $8
	JLT     done
	VMULPS  (SI), Y0, Y1
	VADDPS  (DI), Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JMP     one

done:
	VZEROUPPER
	RET

// func addBytesAVX2(sums *int32, w *int8, n int, x int32)
// n is a multiple of 16.
TEXT ·addBytesAVX2(SB), NOSPLIT, $0-28
	MOVQ         sums+0(FP), DI
	MOVQ         w+8(FP), SI
	MOVQ         n+16(FP), CX
	MOVL         x+24(FP), AX
	VMOVD        AX, X0
	VPBROADCASTD X0, Y0

sixteen:
	VPMOVSXBD (SI), Y1
	VPMOVSXBD 8(SI), Y2
	VPMULLD   Y0, Y1, Y1
	VPMULLD   Y0, Y2, Y2
	VPADDD    (DI), Y1, Y1
	VPADDD    32(DI), Y2, Y2
	VMOVDQU   Y1, (DI)
	VMOVDQU   Y2, 32(DI)
	ADDQ      $16, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JG        sixteen
	VZEROUPPER
	RET
