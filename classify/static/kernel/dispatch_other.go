//go:build !amd64

package kernel

func sum(acc []int32, t *Table, ids []uint32)      { sumGo(acc, t, ids) }
func squares(acc []int32) float32                  { return squaresGo(acc) }
func round(x []int16, acc []int32, factor float32) { roundGo(x, acc, factor) }
func dots(out []int32, x, rows []int16)            { dotsGo(out, x, rows) }
func prefetch(*Table, []uint32)                    {}
