package encoder_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/encoder"
)

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchTexts are texts of so many tokens with [CLS] and [SEP]; gen/speed.py has the same.
func benchTexts(tokens, n int) []string {
	words := []string{"card", "money", "transfer", "late", "why", "bank"}
	texts := make([]string, n)
	for seed := range texts {
		var b []byte
		for i := range tokens - 2 {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(b, words[(i*i+i/3+seed)%len(words)]...)
		}
		texts[seed] = string(b)
	}
	return texts
}

// BenchmarkEncode reports texts a second of CPU time, one by one and in batches.
func BenchmarkEncode(b *testing.B) {
	for _, p := range []encoder.Precision{encoder.Int8, encoder.Float32} {
		for _, c := range []struct{ tokens, texts, batch int }{{16, 128, 1}, {16, 128, 32}, {64, 32, 1}, {64, 32, 32}} {
			b.Run(fmt.Sprintf("%s/tokens=%d/batch=%d", p, c.tokens, c.batch), func(b *testing.B) {
				e := encoder.NewEncoder(original(b, p), 1)
				texts := benchTexts(c.tokens, c.texts)
				var out encoder.Vectors
				round := func() {
					for i := 0; i < len(texts); i += c.batch {
						if err := e.Encode(b.Context(), evalset.Array(texts[i:i+c.batch]...), &out); err != nil {
							b.Fatal(err)
						}
					}
				}
				round()
				before := cpuTime()
				for b.Loop() {
					round()
				}
				b.ReportMetric(float64(b.N*len(texts))/(cpuTime()-before).Seconds(), "texts/cpu-s")
			})
		}
	}
}

// BenchmarkThreads reports texts a second of wall time on one thread and on two, in batches as a run has them. On a machine
// with less than two idle cores its second figure says nothing.
func BenchmarkThreads(b *testing.B) {
	texts := make([]string, 0, 1024)
	for len(texts) < cap(texts) {
		for _, tokens := range []int{8, 12, 16, 24} {
			texts = append(texts, benchTexts(tokens, 4)...)
		}
	}
	batch := evalset.Array(texts...)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			e := encoder.NewEncoder(original(b, encoder.Int8), threads)
			var out encoder.Vectors
			for b.Loop() {
				if err := e.Encode(b.Context(), batch, &out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(texts))/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
