package head_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify/linear/head"
)

var (
	scaleRows   = flag.Int("rows", 0, "examples of TestScale")
	scaleLabels = flag.Int("labels", 77, "labels of TestScale")
)

// TestScale trains on made-up sentences of about 60 characters, a third of whose words tell the label:
//
//	go test -run TestScale -v ./classify/linear/head -rows 1000000
func TestScale(t *testing.T) {
	if *scaleRows == 0 {
		t.Skip("a measurement; set -rows")
	}
	r := rand.New(rand.NewPCG(1, 1))
	word := func(n int) string {
		h, b := uint64(n)*0x9e3779b97f4a7c15+1, []byte(nil)
		for range 3 + h>>61 {
			h = (h ^ h>>29) * 0x9fb21c651e98df25
			b = append(b, 'a'+byte(h>>59)%26)
		}
		return string(b)
	}
	started, before := time.Now(), cpuTime()
	_, report, err := head.Train(t.Context(), head.Config{}, func(yield func(head.Example, error) bool) {
		for range *scaleRows {
			label := r.IntN(*scaleLabels)
			var text []byte
			for range 10 {
				n := int(30000 * r.Float64() * r.Float64() * r.Float64())
				if r.IntN(3) == 0 {
					n = 30000 + label*40 + int(60*r.Float64()*r.Float64())
				}
				text = append(append(text, word(n)...), ' ')
			}
			if !yield(head.Example{Text: string(text), Labels: []string{fmt.Sprint("label ", label)}}, nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	t.Logf("%d rows, %d labels, %d n-grams, accuracy %.4f: %.0f s, %.0f CPU s, on %d cores; at most %d MiB of memory",
		report.Used, report.Labels, report.Grams, report.Accuracy, time.Since(started).Seconds(), (cpuTime() - before).Seconds(),
		runtime.GOMAXPROCS(0), u.Maxrss>>10)
}
