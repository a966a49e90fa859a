package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// result is a classifier: how good, how fast, how large. What was not measured is nil.
type result struct {
	Name    string   `json:"name"`
	Rows    int      `json:"rows,omitempty"`   // learnt from
	Grades  []*grade `json:"grades,omitempty"` // one for each draw of examples, or for each seed
	Train   *series  `json:"train,omitempty"`  // once for each grade
	Start   *series  `json:"start,omitempty"`  // answers one line
	Predict *series  `json:"predict,omitempty"`
	Latency *latency `json:"latency,omitempty"` // of lines that come alone

	answers string // file of those that were graded last
}

// qualitySection is a set's.
func qualitySection(set, text string) *section {
	return &section{name: set, title: set, text: text, measure: func(b *bench) ([]*contest, error) { return b.quality(set) }}
}

// quality measures every backend on a set.
func (b *bench) quality(set string) ([]*contest, error) {
	x, err := b.exam(set)
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(b.home()); err != nil { // an earlier run's versions would be newer than the same made again
		return nil, err
	}
	c := &contest{Title: set, Multi: x.multi}
	var timed []*series
	for i, k := range backends {
		if x.multi && k.single {
			continue
		}
		r, err := b.learn(k, i, x)
		if err != nil {
			return nil, err
		}
		c.Results = append(c.Results, r)
		timed = append(timed, r.Start, r.Predict)
	}
	if err := b.inTurn(min(b.runs, 3), timed...); err != nil { // each has answered before
		return nil, err
	}
	return []*contest{c}, b.compare(c)
}

// learn trains a backend, as often as examples are drawn, grades it, and asks it one line after the other. What is then
// timed is the last one.
func (b *bench) learn(k *backend, number int, x *exam) (*result, error) {
	r := &result{Name: k.name}
	draws := 1
	if k.each > 0 && !k.slow {
		draws = drawsOfFew
	}
	var t *trial
	for seed := range draws {
		var err error
		if t, err = b.draw(x, fmt.Sprintf("%s-%d-%d", x.set, number, seed), k.each, uint64(seed)); err != nil {
			return nil, err
		}
		if err := b.train(k, t, "", r); err != nil {
			return nil, err
		}
	}
	file, rows := x.many, x.rows
	if k.slow {
		file, rows = x.few, x.fewRows
	}
	r.Start, r.Predict = b.answering(k, t, x.one, 1), b.answering(k, t, file, rows)
	var err error
	r.Latency, err = b.alone(k, t)
	return r, err
}

// train trains a backend once more, on some CPUs or on all (empty), and grades it.
func (b *bench) train(k *backend, t *trial, cpus string, r *result) error {
	if k.each != 0 {
		r.Rows = t.rows
	}
	if k.train != nil {
		if err := b.timeTraining(k, t, cpus, r); err != nil {
			return err
		}
	}
	r.answers = b.result(t.name + ".answers.jsonl")
	g, err := b.grade(k, t, r.answers)
	r.Grades = append(r.Grades, g)
	return err
}

func (b *bench) timeTraining(k *backend, t *trial, cpus string, r *result) error {
	if r.Train == nil {
		r.Train = &series{Name: k.name, Records: t.rows, cpus: cpus, env: []string{b.catalog()}}
	}
	r.Train.args = k.train(b, t)
	if k.name == tunedFastText {
		r.Train.limit = 2*b.tune + time.Minute
	}
	m, err := r.Train.once(b.self)
	if k.name == tunedFastText && err != nil {
		// It hangs at times, in the threads that fill its first matrix, or ends by numbers that are none. Seeds are fastText's alone.
		fmt.Printf("  %-52s failed, and is started again with another seed\n", t.name+", "+k.name)
		r.Train.args = append(r.Train.args, "-seed", "1")
		m, err = r.Train.once(b.self)
	}
	if err != nil {
		return err
	}
	r.Train.Runs = append(r.Train.Runs, m)
	fmt.Printf("  %-52s trained in %.1f s\n", t.name+", "+k.name, m.Wall.Seconds())
	return nil
}

// answering is the command that answers a file of lines.
func (b *bench) answering(k *backend, t *trial, lines string, rows int) *series {
	s := &series{Name: fmt.Sprintf("%s, %d rows", k.name, rows), Records: rows, env: []string{b.catalog()}}
	if k.stdin {
		s.stdin, lines = lines, "-"
	}
	s.args = b.command(k, t, lines, "-o", b.result("answers.jsonl"))
	return s
}

// home is the folder of saved classifiers.
func (b *bench) home() string { return filepath.Join(b.dir, "home") }

// catalog is the environment that has them there.
func (b *bench) catalog() string { return "WINNOW_HOME=" + b.home() }
