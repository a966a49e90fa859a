package fasttext_test

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLoad reads WINNOW_FASTTEXT_MODEL, or a golden model.
func BenchmarkLoad(b *testing.B) {
	path := cmp.Or(os.Getenv("WINNOW_FASTTEXT_MODEL"), filepath.Join("testdata", "golden", "softmax_many.bin"))
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	before := cpuTime()
	for b.Loop() {
		if _, err := fasttext.Load(path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/float64(b.N), "cpu-ns/load")
}

// BenchmarkClassify labels texts by one goroutine and by two. WINNOW_FASTTEXT_MODEL and WINNOW_FASTTEXT_TEXTS name a model
// and a file of lines to measure; without them it is a golden model on the small set.
func BenchmarkClassify(b *testing.B) {
	path, texts := os.Getenv("WINNOW_FASTTEXT_MODEL"), []string(nil)
	if path == "" {
		path = filepath.Join("testdata", "golden", "softmax_many.bin")
	}
	if lines := os.Getenv("WINNOW_FASTTEXT_TEXTS"); lines != "" {
		f, err := os.Open(lines)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			texts = append(texts, s.Text())
		}
	} else {
		for _, e := range sets(b, "banking77")[0].test {
			texts = append(texts, e.text)
		}
	}
	m, err := fasttext.Load(path)
	if err != nil {
		b.Fatal(err)
	}
	c := classifier(b, fasttext.Config{Model: m})
	const batch = 1024
	var batches []*array.String
	for i := 0; i < len(texts); i += batch {
		batches = append(batches, evalset.Array(texts[i:min(i+batch, len(texts))]...))
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime()
			for b.Loop() {
				var wg sync.WaitGroup
				for t := range threads {
					wg.Go(func() {
						var out classify.Results
						for i := t; i < len(batches); i += threads {
							if err := c.Classify(b.Context(), batches[i], &out); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
			}
			rows := float64(b.N * len(texts))
			b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/rows, "cpu-ns/text")
			b.ReportMetric(rows/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
