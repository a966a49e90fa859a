// Bench measures winnow beside its peers in one run on one machine, and writes docs/benchmarks.md.
//
//	go run ./bench                  everything; about half an hour
//	go run ./bench -quick           a tenth of the rows and three runs: whether it works, not how fast
//	go run ./bench -only scoring    one section
//	go run ./bench -only models     fastText models, beside fastText
//	go run ./bench -only kafka      beside a real broker, which needs Java 17 and, the first time, Maven
//
// It needs Go, a C++ compiler and Python 3 with venv; it builds fastText and installs pyarrow from PyPI below .bench.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/winnow-stream/winnow/test/corpus"
)

// bench is one run of the benchmark.
type bench struct {
	dir    string // generated inputs, peers, outputs
	out    string // the page
	rows   int
	big    int // rows of the largest memory run
	runs   int
	only   *regexp.Regexp
	corpus *corpus.Corpus
	peers  *peers
	self   string // this program, which is also the worker processes
	winnow string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "work" {
		if err := work(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", os.Args[2], err)
			os.Exit(1)
		}
		return
	}
	b := &bench{}
	quick := flag.Bool("quick", false, "a tenth of the rows, three runs")
	only := flag.String("only", "", "only sections whose name matches")
	flag.StringVar(&b.dir, "dir", ".bench", "where inputs and peers are kept")
	flag.StringVar(&b.out, "o", "docs/benchmarks.md", "the page to write")
	flag.IntVar(&b.rows, "rows", 1_000_000, "rows of an input")
	flag.IntVar(&b.big, "big", 10_000_000, "rows of the largest input of the memory section")
	flag.IntVar(&b.runs, "runs", 5, "counted runs of each command, after one that does not count")
	flag.Parse()
	if *quick {
		b.rows, b.big, b.runs = b.rows/10, b.big/10, min(b.runs, 3)
	}
	b.only = regexp.MustCompile(*only)
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) run() (err error) {
	begun := time.Now()
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	for _, d := range []string{"in", "out"} {
		if err := os.MkdirAll(filepath.Join(b.dir, d), 0o755); err != nil {
			return err
		}
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.winnow, err = filepath.Abs("bin/winnow"); err != nil {
		return err
	}
	if b.corpus, err = corpus.Open("."); err != nil {
		return err
	}
	if b.only.String() != "kafka" { // the others have peers
		if b.peers, err = b.setUp(); err != nil {
			return err
		}
	}
	var done []*section
	for _, s := range sections {
		if !b.only.MatchString(s.name) || s.apart && b.only.String() == "" {
			continue
		}
		fmt.Printf("%s\n", s.title)
		if s.contests, err = s.measure(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		done = append(done, s)
	}
	return b.report(done, time.Since(begun))
}

func (b *bench) in(name string) string { return filepath.Join(b.dir, "in", name) }

func (b *bench) result(name string) string { return filepath.Join(b.dir, "out", name) }

// input makes a file unless an earlier run has.
func (b *bench) input(name string, write func(path string) error) (string, error) {
	path := b.in(name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Printf("  makes %s\n", name)
	return path, write(path)
}
