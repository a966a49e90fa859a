package term

import (
	"math"
	"strings"
)

var eighths = []rune(" ▏▎▍▌▋▊▉█")

// bar draws a share of [0, 1] over a number of columns, to an eighth of one. A share above zero shows at least a sliver.
func bar(share float64, columns int) string {
	if !(share > 0) || columns <= 0 {
		return ""
	}
	n := int(math.Round(min(share, 1) * float64(columns) * 8))
	n = max(n, 1)
	s := strings.Repeat("█", n/8)
	if n%8 > 0 {
		s += string(eighths[n%8])
	}
	return s
}

// gauge draws progress with its empty part.
func gauge(share float64, columns int) string {
	full := bar(share, columns)
	return full + strings.Repeat("░", max(columns-cells(full), 0))
}

var levels = []rune("▁▂▃▄▅▆▇█")

// spark draws counts as one line of blocks; a blank where there is none.
func spark(counts []int64) string {
	var top int64
	for _, n := range counts {
		top = max(top, n)
	}
	var b strings.Builder
	for _, n := range counts {
		switch n {
		case 0:
			b.WriteByte(' ')
		default:
			b.WriteRune(levels[min(int(float64(n)/float64(top)*float64(len(levels))), len(levels)-1)])
		}
	}
	return b.String()
}
