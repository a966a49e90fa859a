package entity

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// plainText has no entity, and the signs and numbers that texts have.
var plainText = strings.Repeat("The quick brown fox jumps over the lazy dog; it was a well-known fact that nobody, in those days, cared much "+
	"about foxes. In chapter 7 they found 12 of them: small ones, mostly asleep (or so it seemed).\n", 200)

func BenchmarkPatterns(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"none", plainText},
		{"words", strings.Repeat("no digits and no signs here just words of a text that goes on and on ", 500)},
		{"dense", strings.Join(texts(b, "testdata/lines.txt"), "\n")},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := patterns(b)
			spans := make([]Span, 0, 8192)
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			begun := cpuTime()
			for b.Loop() {
				spans = x.Find(spans[:0], c.text)
			}
			reportCPU(b, begun, len(c.text))
		})
	}
}

// reportCPU tells the speed by the time that the process had a core, which other processes don't change.
func reportCPU(b *testing.B, begun time.Duration, size int) {
	b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpuTime()-begun).Seconds(), "cpu-MB/s")
}

func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func texts(tb testing.TB, path string) []string {
	tb.Helper()
	var all []string
	for _, m := range readMarked(tb, path) {
		all = append(all, m.text)
	}
	return all
}

// TestAllocations holds the scanners to none.
func TestAllocations(t *testing.T) {
	x := patterns(t)
	all := texts(t, "testdata/lines.txt")
	spans := make([]Span, 0, 64)
	if n := testing.AllocsPerRun(5, func() {
		for _, text := range all {
			spans = x.Find(spans[:0], text)
		}
	}); n > 0 {
		t.Errorf("%v allocations over %d texts", n, len(all))
	}
}
