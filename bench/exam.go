package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

// setsFolder is where the labelled sets lie, beside the checkout: they are not part of it (their licences differ).
var setsFolder = filepath.Join("..", "shared", "data", "sets")

// sample is a text with its label, or in a set of several labels a text with all of them.
type sample struct {
	Text   string   `json:"text"`
	Label  string   `json:"label,omitempty"`
	Labels []string `json:"labels,omitempty"`
}

// labels are all labels of the text.
func (s *sample) labels() []string {
	if s.Label != "" {
		return []string{s.Label}
	}
	return s.Labels
}

// line is the text as a line.
func (s *sample) line() string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s.Text) }

// exam is a labelled set with the files that its classifiers are asked about.
type exam struct {
	set         string
	multi       bool
	labels      classify.LabelSet
	described   string // the labels' file, as it stands
	train, test []sample

	testRows  string // JSONL, as it stands
	testLines string // the same texts, one a line
	one       string // the first of these lines
	many      string // all of them over and over: exam.rows lines
	rows      int
	few       string // the first lines of many, for backends that are slow
	fewRows   int
}

// column is where the set's JSONL has the labels.
func (x *exam) column() string {
	if x.multi {
		return "labels"
	}
	return "label"
}

// exam reads a set, and writes its lines.
func (b *bench) exam(set string) (*exam, error) {
	dir := filepath.Join(setsFolder, set)
	x := &exam{
		set: set, described: filepath.Join(dir, "labels.json"), testRows: filepath.Join(dir, "test.jsonl"), rows: b.rows / 20, fewRows: b.rows / 500,
	}
	var err error
	if x.labels, err = classify.LoadLabels(x.described); err != nil {
		return nil, fmt.Errorf("the labelled sets are needed beside the checkout: %w", err)
	}
	if x.train, err = readSamples(filepath.Join(dir, "train.jsonl")); err != nil {
		return nil, err
	}
	if x.test, err = readSamples(x.testRows); err != nil {
		return nil, err
	}
	// Some sets are sorted by label, from which fastText learns badly: it takes rows as they come.
	rand.New(rand.NewPCG(0, 0)).Shuffle(len(x.train), func(i, j int) { x.train[i], x.train[j] = x.train[j], x.train[i] })
	x.multi = x.train[0].Label == ""
	for _, f := range []struct {
		to   *string
		rows int
	}{{&x.testLines, len(x.test)}, {&x.one, 1}, {&x.few, x.fewRows}, {&x.many, x.rows}} {
		*f.to = b.in(fmt.Sprintf("%s.test-%d.txt", set, f.rows))
		err := writeLines(*f.to, f.rows, func(i int) string { return x.test[i%len(x.test)].line() })
		if err != nil {
			return nil, err
		}
	}
	return x, nil
}

// trial is what one classifier of a set learns from, as files.
type trial struct {
	*exam
	name   string // of the classifier, and the beginning of its files' names
	rows   int    // learnt from
	jsonl  string
	lines  string // as fastText reads them
	kept   string // nine tenths of lines, to learn from where held is what parameters are tried on
	held   string
	labels string // label set; with the examples, where they are a few of each label
	model  string // path without ending, for those who write one
}

// draw takes as many rows of each label as are wanted, by a seed; every is all rows.
func (b *bench) draw(x *exam, name string, each int, seed uint64) (*trial, error) {
	path := b.in(name)
	t := &trial{
		exam: x, name: name, jsonl: path + ".jsonl", lines: path + ".train.txt", kept: path + ".kept.txt", held: path + ".held.txt",
		labels: path + ".labels.json", model: b.result(name),
	}
	rows, set := x.train, slices.Clone(x.labels)
	if each != every {
		rows = few(x.train, each, seed)
		for i := range set {
			for _, r := range rows {
				if slices.Contains(r.labels(), set[i].Name) {
					set[i].Examples = append(set[i].Examples, r.Text)
				}
			}
		}
	}
	t.rows = len(rows)
	var kept, held []sample
	for i, r := range rows {
		if i%10 == 9 {
			held = append(held, r)
		} else {
			kept = append(kept, r)
		}
	}
	return t, errors.Join(
		writeLines(t.jsonl, len(rows), func(i int) string { return asJSON(rows[i]) }),
		writeLines(t.lines, len(rows), func(i int) string { return fastTextLine(rows[i]) }),
		writeLines(t.kept, len(kept), func(i int) string { return fastTextLine(kept[i]) }),
		writeLines(t.held, len(held), func(i int) string { return fastTextLine(held[i]) }),
		writeLines(t.labels, 1, func(int) string { return asJSON(set) }),
	)
}

// few draws n rows of each label, which is the first of a row's labels.
func few(rows []sample, n int, seed uint64) (drawn []sample) {
	got := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(rows)) {
		if l := rows[i].labels()[0]; got[l] < n {
			got[l]++
			drawn = append(drawn, rows[i])
		}
	}
	return drawn
}

func readSamples(path string) (all []sample, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, s)
	}
	return all, lines.Err()
}

// fastTextLine is a row of fastText's training files.
func fastTextLine(s sample) string {
	var line strings.Builder
	for _, l := range s.labels() {
		line.WriteString(fasttext.Written(l) + " ")
	}
	return line.String() + s.line()
}

// asJSON is for values that can't fail.
func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func writeLines(path string, n int, line func(int) string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i := range n {
		w.WriteString(line(i))
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
