// Bench measures winnow beside its peers in one run on one machine, and writes docs/benchmarks.md or docs/models.md.
//
//	go run ./bench                               all but Kafka, the service, plugins and models; about ten minutes
//	go run ./bench -only kafka                   beside a real broker, which needs Java 17 and, the first time, Maven
//	go run ./bench -only service                 winnow serve under load, jobs and large uploads; it needs Go alone
//	go run ./bench -only plugins                 plugins beside the same code built in
//	go run ./bench -page models                  how good classifiers are, and fastText's models; about a quarter of an hour
//	go run ./bench -page models -only banking77  one section, of either page
//	go run ./bench -quick                        a tenth of the rows and few runs: whether it works, not how fast
//
// It needs Go, a C++ compiler and Python 3 with venv; it builds fastText and installs what else it is compared with from
// PyPI below .bench.
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
	page   *page
	out    string // where the page is written
	rows   int
	big    int // rows of the largest memory run
	runs   int
	tune   time.Duration // fastText's autotune may search so long
	load   time.Duration // a load on the service lasts so long
	upload int64         // bytes of the service's largest upload
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
	name := flag.String("page", "benchmarks", "what to write: benchmarks or models")
	quick := flag.Bool("quick", false, "a tenth of the rows, three runs")
	only := flag.String("only", "", "only sections whose name matches")
	flag.StringVar(&b.dir, "dir", ".bench", "where inputs and peers are kept")
	flag.StringVar(&b.out, "o", "", "where the page is written; default: its place in docs, or with -quick .bench")
	flag.IntVar(&b.rows, "rows", 1_000_000, "rows of an input")
	flag.IntVar(&b.big, "big", 10_000_000, "rows of the largest input of the memory section")
	flag.IntVar(&b.runs, "runs", 5, "counted runs of each command, after one that does not count")
	flag.DurationVar(&b.tune, "tune", time.Minute, "how long fastText's autotune may search on each set")
	flag.DurationVar(&b.load, "load", 10*time.Second, "how long each load on the service lasts")
	flag.Int64Var(&b.upload, "upload", 5_000_000_000, "bytes of the service's upload")
	flag.Parse()
	if *quick {
		b.rows, b.big, b.runs, b.tune = b.rows/10, b.big/10, min(b.runs, 3), b.tune/10
		b.load, b.upload = b.load/10, b.upload/10
	}
	b.only = regexp.MustCompile(*only)
	err := b.open(*name, *quick)
	if err == nil {
		err = b.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// open finds the page and makes ready what every section needs.
func (b *bench) open(page string, quick bool) (err error) {
	if b.page, err = pageOf(page); err != nil {
		return err
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	if b.out == "" && quick { // its figures are none
		b.out = filepath.Join(b.dir, page+".md")
	} else if b.out == "" {
		b.out = b.page.path
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
	b.corpus, err = corpus.Open(".")
	return err
}

// run measures the sections that are asked for, and writes the page after each.
func (b *bench) run() (err error) {
	for _, s := range b.page.sections {
		if !b.only.MatchString(s.name) || s.apart && b.only.String() == "" {
			continue
		}
		if b.peers == nil && !s.plain {
			if b.peers, err = b.setUp(); err != nil {
				return err
			}
		}
		fmt.Printf("%s\n", s.title)
		begun := time.Now()
		contests, err := s.measure(b)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := b.report(s, contests, time.Since(begun)); err != nil {
			return err
		}
	}
	return nil
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
