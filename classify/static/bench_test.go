package static_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
)

// benchTexts are short texts (54 bytes on average) or long ones (20 of them in one), from the test split of banking77
// where it is at hand, else made up.
func benchTexts(b testing.TB, long bool) *array.String {
	var lines []string
	if evalset.Has("banking77") {
		lines = evalset.Texts(evalset.Load(b, "banking77").Test)
	} else {
		for i := range 3000 {
			lines = append(lines, fmt.Sprintf("My card no. %d has not arrived yet, what should I do now?", i))
		}
	}
	sb := array.NewStringBuilder(memory.DefaultAllocator)
	defer sb.Release()
	if long {
		for len(lines) >= 20 {
			sb.Append(strings.Join(lines[:20], " "))
			lines = lines[20:]
		}
	}
	for _, l := range lines {
		sb.Append(l)
	}
	return sb.NewStringArray()
}

func benchLabels(b testing.TB, n int) classify.LabelSet {
	if n == 4 {
		return classify.LabelSet{{Name: "card"}, {Name: "transfer"}, {Name: "top up"}, {Name: "exchange rate"}}
	}
	labels := evalset.Load(b, "banking77").Labels
	for len(labels) < n {
		labels = append(labels, classify.Label{Name: fmt.Sprint("label ", len(labels))})
	}
	return labels[:n]
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkClassify(b *testing.B) {
	for _, labels := range []int{4, 77, 200} {
		for _, long := range []bool{false, true} {
			name := fmt.Sprintf("labels=%d/short", labels)
			if long {
				name = fmt.Sprintf("labels=%d/long", labels)
			}
			b.Run(name, func(b *testing.B) {
				k, err := static.New(static.Config{Labels: benchLabels(b, labels)})
				if err != nil {
					b.Fatal(err)
				}
				texts := benchTexts(b, long)
				var out classify.Results
				b.ReportAllocs()
				b.SetBytes(int64(len(texts.ValueBytes())))
				before := cpuTime()
				for b.Loop() {
					if err := k.Classify(b.Context(), texts, &out); err != nil {
						b.Fatal(err)
					}
				}
				rows := float64(b.N * texts.Len())
				b.ReportMetric(float64((cpuTime()-before).Nanoseconds())/rows, "cpu-ns/text")
				b.ReportMetric(rows/(cpuTime()-before).Seconds(), "texts/cpu-s")
			})
		}
	}
}
