package head_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/classify/linear/head"
)

var (
	scaleRows   = flag.Int("rows", 0, "examples of TestScale")
	scaleLabels = flag.Int("labels", 0, "labels of TestScale's made-up sentences; 0 takes those of banking77")
)

// TestScale trains on many examples: texts of banking77, each a little different, or made-up sentences of any number of
// labels. The limits are those of docs/train.md.
//
//	go test -run TestScale -v ./classify/linear/head -rows 1000000
//	go test -run TestScale -v ./classify/linear/head -rows 200000 -labels 20000
func TestScale(t *testing.T) {
	if *scaleRows == 0 {
		t.Skip("a measurement; set -rows")
	}
	examples, most := perturbed(loadSet(t, "banking77").train), int64(1<<10)
	if *scaleLabels > 0 {
		examples, most = madeUp(*scaleLabels), 4<<10
	}
	started, before := time.Now(), cpuTime()
	m, report, err := head.Train(t.Context(), head.Config{}, func(yield func(head.Example, error) bool) {
		r := rand.New(rand.NewPCG(1, 1))
		for range *scaleRows {
			if !yield(examples(r), nil) {
				return
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	took, cpu, memory := time.Since(started), cpuTime()-before, u.Maxrss>>10
	t.Logf("%d rows, %d labels, %d n-grams, accuracy %.4f: %.0f s, %.0f CPU s, on %d cores; at most %d MiB of memory; %.1f MB saved",
		report.Used, report.Labels, report.Grams, report.Accuracy, took.Seconds(), cpu.Seconds(), runtime.GOMAXPROCS(0), memory,
		float64(len(saved(t, m)))/1e6)
	if memory > most {
		t.Errorf("%d MiB of memory, want at most %d", memory, most)
	}
	if cpu > 20*time.Minute { // 10 minutes on two cores
		t.Errorf("%.0f CPU seconds, want at most 1,200", cpu.Seconds())
	}
}

// perturbed gives texts of examples, drawn at random, without some of their words, others swapped with the next, and with
// a number.
func perturbed(examples []head.Example) func(r *rand.Rand) head.Example {
	return func(r *rand.Rand) head.Example {
		e := examples[r.IntN(len(examples))]
		var words []string
		for _, w := range strings.Fields(e.Text) {
			if r.IntN(10) > 0 {
				words = append(words, w)
			}
		}
		if n := len(words); n > 1 && r.IntN(2) == 0 {
			i := r.IntN(n - 1)
			words[i], words[i+1] = words[i+1], words[i]
		}
		words = append(words, strconv.Itoa(r.IntN(1e7)))
		return head.Example{Text: strings.Join(words, " "), Labels: e.Labels}
	}
}

// madeUp gives sentences of about 60 characters, a third of whose words tell the label.
func madeUp(labels int) func(r *rand.Rand) head.Example {
	word := func(n int) string {
		h, b := uint64(n)*0x9e3779b97f4a7c15+1, []byte(nil)
		for range 3 + h>>61 {
			h = (h ^ h>>29) * 0x9fb21c651e98df25
			b = append(b, 'a'+byte(h>>59)%26)
		}
		return string(b)
	}
	return func(r *rand.Rand) head.Example {
		label := r.IntN(labels)
		var text []byte
		for range 10 {
			n := int(30000 * r.Float64() * r.Float64() * r.Float64())
			if r.IntN(3) == 0 {
				n = 30000 + label*40 + int(60*r.Float64()*r.Float64())
			}
			text = append(append(text, word(n)...), ' ')
		}
		return head.Example{Text: string(text), Labels: []string{fmt.Sprint("label ", label)}}
	}
}
