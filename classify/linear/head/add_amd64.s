#include "textflag.h"

// func gatherAVX2(out, base, table *float32, width int, at *uint32, by *float32, n int)
// width is a multiple of 8. Products are not fused with sums, as in addRowGo, and the sums of a column are made in the order
// of at. Columns are taken 64, 32 or 8 at a time; the last time some that were taken before, which gives the same.
TEXT ·gatherAVX2(SB), NOSPLIT, $0-56
	MOVQ out+0(FP), DI
	MOVQ base+8(FP), SI
	MOVQ table+16(FP), DX
	MOVQ width+24(FP), R8
	MOVQ at+32(FP), R9
	MOVQ by+40(FP), R10
	MOVQ n+48(FP), R11
	MOVQ R8, R12
	SHLQ $2, R12           // bytes of a row
	XORQ R13, R13          // the column

columns:
	MOVQ R8, AX
	SUBQ R13, AX           // columns left
	JLE  done
	CMPQ R8, $64
	JGE  many
	CMPQ R8, $32
	JGE  some

	// 8 columns
	VMOVUPS (SI)(R13*4), Y0
	LEAQ    (DX)(R13*4), BX
	XORQ    CX, CX

few8:
	MOVL         (R9)(CX*4), AX
	IMULQ        R12, AX
	VBROADCASTSS (R10)(CX*4), Y15
	VMULPS       (BX)(AX*1), Y15, Y8
	VADDPS       Y8, Y0, Y0
	INCQ         CX
	CMPQ         CX, R11
	JLT          few8
	VMOVUPS      Y0, (DI)(R13*4)
	ADDQ         $8, R13
	JMP          columns

some:
	CMPQ AX, $32
	JGE  some32
	LEAQ -32(R8), R13

some32:
	VMOVUPS (SI)(R13*4), Y0
	VMOVUPS 32(SI)(R13*4), Y1
	VMOVUPS 64(SI)(R13*4), Y2
	VMOVUPS 96(SI)(R13*4), Y3
	LEAQ    (DX)(R13*4), BX
	XORQ    CX, CX

four:
	MOVL         (R9)(CX*4), AX
	IMULQ        R12, AX
	ADDQ         BX, AX
	VBROADCASTSS (R10)(CX*4), Y15
	VMULPS       (AX), Y15, Y8
	VMULPS       32(AX), Y15, Y9
	VMULPS       64(AX), Y15, Y10
	VMULPS       96(AX), Y15, Y11
	VADDPS       Y8, Y0, Y0
	VADDPS       Y9, Y1, Y1
	VADDPS       Y10, Y2, Y2
	VADDPS       Y11, Y3, Y3
	INCQ         CX
	CMPQ         CX, R11
	JLT          four
	VMOVUPS      Y0, (DI)(R13*4)
	VMOVUPS      Y1, 32(DI)(R13*4)
	VMOVUPS      Y2, 64(DI)(R13*4)
	VMOVUPS      Y3, 96(DI)(R13*4)
	ADDQ         $32, R13
	JMP          columns

many:
	CMPQ AX, $64
	JGE  many64
	LEAQ -64(R8), R13

many64:
	VMOVUPS (SI)(R13*4), Y0
	VMOVUPS 32(SI)(R13*4), Y1
	VMOVUPS 64(SI)(R13*4), Y2
	VMOVUPS 96(SI)(R13*4), Y3
	VMOVUPS 128(SI)(R13*4), Y4
	VMOVUPS 160(SI)(R13*4), Y5
	VMOVUPS 192(SI)(R13*4), Y6
	VMOVUPS 224(SI)(R13*4), Y7
	LEAQ    (DX)(R13*4), BX
	XORQ    CX, CX

eight:
	MOVL         (R9)(CX*4), AX
	IMULQ        R12, AX
	ADDQ         BX, AX
	VBROADCASTSS (R10)(CX*4), Y15
	VMULPS       (AX), Y15, Y8
	VMULPS       32(AX), Y15, Y9
	VMULPS       64(AX), Y15, Y10
	VMULPS       96(AX), Y15, Y11
	VADDPS       Y8, Y0, Y0
	VADDPS       Y9, Y1, Y1
	VADDPS       Y10, Y2, Y2
	VADDPS       Y11, Y3, Y3
	VMULPS       128(AX), Y15, Y8
	VMULPS       160(AX), Y15, Y9
	VMULPS       192(AX), Y15, Y10
	VMULPS       224(AX), Y15, Y11
	VADDPS       Y8, Y4, Y4
	VADDPS       Y9, Y5, Y5
	VADDPS       Y10, Y6, Y6
	VADDPS       Y11, Y7, Y7
	INCQ         CX
	CMPQ         CX, R11
	JLT          eight
	VMOVUPS      Y0, (DI)(R13*4)
	VMOVUPS      Y1, 32(DI)(R13*4)
	VMOVUPS      Y2, 64(DI)(R13*4)
	VMOVUPS      Y3, 96(DI)(R13*4)
	VMOVUPS      Y4, 128(DI)(R13*4)
	VMOVUPS      Y5, 160(DI)(R13*4)
	VMOVUPS      Y6, 192(DI)(R13*4)
	VMOVUPS      Y7, 224(DI)(R13*4)
	ADDQ         $64, R13
	JMP          columns

done:
	VZEROUPPER
	RET

// func scatterAVX2(table *float32, width int, at *uint32, by *float32, n int, x *float32)
// width is a multiple of 8. Products are not fused with sums, as in addRowGo.
TEXT ·scatterAVX2(SB), NOSPLIT, $0-48
	MOVQ table+0(FP), DX
	MOVQ width+8(FP), R8
	MOVQ at+16(FP), R9
	MOVQ by+24(FP), R10
	MOVQ n+32(FP), R11
	MOVQ x+40(FP), SI
	MOVQ R8, R12
	SHLQ $2, R12           // bytes of a row

columns:
	CMPQ R8, $64
	JGE  many
	CMPQ R8, $0
	JLE  done

	// 8 columns
	VMOVUPS (SI), Y0
	XORQ    CX, CX

few8:
	MOVL         (R9)(CX*4), AX
	IMULQ        R12, AX
	VBROADCASTSS (R10)(CX*4), Y15
	VMULPS       Y0, Y15, Y8
	VADDPS       (DX)(AX*1), Y8, Y8
	VMOVUPS      Y8, (DX)(AX*1)
	INCQ         CX
	CMPQ         CX, R11
	JLT          few8
	ADDQ         $32, DX
	ADDQ         $32, SI
	SUBQ         $8, R8
	JMP          columns

many:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS 128(SI), Y4
	VMOVUPS 160(SI), Y5
	VMOVUPS 192(SI), Y6
	VMOVUPS 224(SI), Y7
	XORQ    CX, CX

eight:
	MOVL         (R9)(CX*4), AX
	IMULQ        R12, AX
	ADDQ         DX, AX
	VBROADCASTSS (R10)(CX*4), Y15
	VMULPS       Y0, Y15, Y8
	VMULPS       Y1, Y15, Y9
	VMULPS       Y2, Y15, Y10
	VMULPS       Y3, Y15, Y11
	VADDPS       (AX), Y8, Y8
	VADDPS       32(AX), Y9, Y9
	VADDPS       64(AX), Y10, Y10
	VADDPS       96(AX), Y11, Y11
	VMOVUPS      Y8, (AX)
	VMOVUPS      Y9, 32(AX)
	VMOVUPS      Y10, 64(AX)
	VMOVUPS      Y11, 96(AX)
	VMULPS       Y4, Y15, Y8
	VMULPS       Y5, Y15, Y9
	VMULPS       Y6, Y15, Y10
	VMULPS       Y7, Y15, Y11
	VADDPS       128(AX), Y8, Y8
	VADDPS       160(AX), Y9, Y9
	VADDPS       192(AX), Y10, Y10
	VADDPS       224(AX), Y11, Y11
	VMOVUPS      Y8, 128(AX)
	VMOVUPS      Y9, 160(AX)
	VMOVUPS      Y10, 192(AX)
	VMOVUPS      Y11, 224(AX)
	INCQ         CX
	CMPQ         CX, R11
	JLT          eight
	ADDQ         $256, DX
	ADDQ         $256, SI
	SUBQ         $64, R8
	JMP          columns

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
