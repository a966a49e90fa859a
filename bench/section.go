package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// section is a part of the page.
type section struct {
	name    string
	title   string
	text    string // what is measured, and how
	apart   bool   // it is measured only when it is asked for
	plain   bool   // it has no peers
	measure func(*bench) ([]*contest, error)
}

// contest is commands that were run in turn, and what they are held to.
type contest struct {
	Title  string    `json:"title"`
	Series []*series `json:"series"`
	Goals  []goal    `json:"goals"`

	Loads []*load `json:"loads,omitempty"` // on a server, in place of Series

	Results []*result `json:"results,omitempty"` // of backends on a set, in place of Series
	Multi   bool      `json:"multi,omitempty"`   // its texts have several labels
	Versus  []*versus `json:"versus,omitempty"`  // pairs of results, text by text
}

// goal is a figure beside its limit.
type goal struct {
	Text  string  `json:"text"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Below bool    `json:"below"` // the value must not exceed the limit; otherwise it must reach it
	Unit  string  `json:"unit"`
}

func (g goal) met() bool {
	if g.Below {
		return g.Value <= g.Limit
	}
	return g.Value >= g.Limit
}

var benchSections = []*section{
	{
		name: "scoring", title: "Scoring alone, one core", measure: measureScoring,
		text: "Each process reads the same file of short texts, one a line, and writes one label a line, pinned to one CPU. winnow\n" +
			"scores by label names and descriptions (zero-shot) through its Go library; fastText's C++ command line (`predict`)\n" +
			"uses a model that was trained with the same labels (dim 100, wordNgrams 1, compiled with -O3 -march=native). Start\n" +
			"and loading count on both sides.",
	},
	{
		name: "files", title: "Files, all in", measure: measureFiles,
		text: "`winnow classify` with 4 labels and default settings: reads, parses, classifies, writes, commits and syncs. The text is\n" +
			"one of 7 columns. The best-known Go peer, Redpanda Connect, was measured elsewhere, on a comparable machine, with a\n" +
			"trivial mapping in place of a classifier: 22.7–24.1 µs a record for JSONL to JSONL, 10.1–10.7 µs for Parquet to JSONL.\n" +
			"The bare copy reads every value by parquet-go's rows and writes it again, zstd like the input; passing pages on unread\n" +
			"shows what disk and metadata alone cost.",
	},
	{
		name: "python", title: "The same Parquet file in Python", measure: measurePython,
		text: "pyarrow reads batches, fastText's `multilinePredict` labels a batch in one call, pyarrow writes zstd: one process, and one\n" +
			"for each CPU over its share of the row groups (`bench/peers/label.py`).",
	},
	{
		name: "engine", title: "The engine's own cost, one core", measure: measureEngine,
		text: "The same batches of short texts in memory: a bare loop over the classifier, and a whole pipeline (source, stages,\n" +
			"ledger, counters, commits) with a sink that forgets them. 4 labels.",
	},
	{
		name: "start", title: "First label", measure: measureStart,
		text: "One line of text on standard input to a newly started `winnow classify --labels spam,ham`, until the process has ended,\n" +
			"with each backend. The encoder's memory is what it takes for a batch of 1,024 short texts.",
	},
}

var memorySection = &section{
	name: "memory", title: "Memory", measure: measureMemory,
	text: "The largest resident set of `winnow classify` with default settings. It must stay below 400 MiB and not grow with the\n" +
		"number of rows.",
}

// short is how many short texts the scoring sections read.
func (b *bench) short() (string, error) {
	n := b.rows
	return b.input(fmt.Sprintf("short-%d.txt", n), func(path string) error { return b.corpus.WriteText(path, n) })
}

func measureScoring(b *bench) ([]*contest, error) {
	texts, err := b.short()
	if err != nil {
		return nil, err
	}
	var all []*contest
	for _, c := range []struct {
		set    string
		labels int
		limit  float64
	}{{"snips", 4, 3}, {"banking77", 77, 2}} {
		t, err := b.taskOf(c.set, c.labels)
		if err != nil {
			return nil, err
		}
		w := &series{Name: fmt.Sprintf("winnow, %d labels", t.count), Records: b.rows, cpus: "0", args: []string{b.self, "work", "score", t.labels, texts}}
		f := &series{Name: fmt.Sprintf("fastText C++, %d labels", t.count), Records: b.rows, cpus: "0", args: []string{b.peers.fastText, "predict", t.model, texts, "1"}}
		if err := b.alternate(b.runs, w, f); err != nil {
			return nil, err
		}
		all = append(all, &contest{Title: fmt.Sprintf("%d labels", t.count), Series: []*series{w, f}, Goals: []goal{{
			Text: fmt.Sprintf("texts a CPU-second beside fastText, %d labels", t.count), Value: f.cpu().median / w.cpu().median, Limit: c.limit, Unit: "×",
		}}})
	}
	return all, nil
}

// classify is a run of the command line over a file.
func (b *bench) classify(name, in, out, labels string, records int) *series {
	return &series{
		Name: name, Records: records,
		args: []string{b.winnow, "classify", in, "--text", "text", "--labels-file", labels, "-o", b.result(out), "--overwrite", "--quiet"},
	}
}

func (b *bench) parquet(n int) (string, error) {
	return b.input(fmt.Sprintf("rows-%d.parquet", n), func(path string) error { return b.corpus.WriteParquet(path, n) })
}

func (b *bench) jsonl(n int) (string, error) {
	return b.input(fmt.Sprintf("rows-%d.jsonl", n), func(path string) error { return b.corpus.WriteJSONL(path, n, 0) })
}

func measureFiles(b *bench) ([]*contest, error) {
	t, err := b.taskOf("snips", 4)
	if err != nil {
		return nil, err
	}
	jsonl, err := b.jsonl(b.rows)
	if err != nil {
		return nil, err
	}
	csv, err := b.input(fmt.Sprintf("rows-%d.csv", b.rows), func(path string) error { return b.corpus.WriteCSV(path, b.rows, 0) })
	if err != nil {
		return nil, err
	}
	pq, err := b.parquet(b.rows)
	if err != nil {
		return nil, err
	}
	two := b.classify("JSONL → JSONL, two cores", jsonl, "a.jsonl", t.labels, b.rows)
	one := b.classify("JSONL → JSONL, one core", jsonl, "b.jsonl", t.labels, b.rows)
	one.cpus, two.cpus = "0", "0,1"
	lines := b.classify("CSV → CSV", csv, "a.csv", t.labels, b.rows)
	if err := b.alternate(b.runs, two, one, lines); err != nil {
		return nil, err
	}
	toJSON := b.classify("Parquet → JSONL", pq, "c.jsonl", t.labels, b.rows)
	toParquet := b.classify("Parquet → Parquet", pq, "a.parquet", t.labels, b.rows)
	rows := &series{Name: "bare parquet-go copy, by rows", Records: b.rows, args: []string{b.self, "work", "rows", pq, b.result("rows.parquet")}}
	groups := &series{Name: "parquet-go passing pages on unread", Records: b.rows, args: []string{b.self, "work", "groups", pq, b.result("groups.parquet")}}
	if err := b.alternate(b.runs, toJSON, toParquet, rows, groups); err != nil {
		return nil, err
	}
	return []*contest{
		{Title: "Text formats", Series: []*series{two, one, lines}, Goals: []goal{
			{Text: "JSONL → JSONL, CPU a record", Value: two.cpu().median, Limit: 4.5, Below: true, Unit: "µs"},
			{Text: "JSONL → JSONL, two cores beside one", Value: one.wall().median / two.wall().median, Limit: 1.8, Unit: "×"},
		}},
		{Title: "Parquet", Series: []*series{toJSON, toParquet, rows, groups}, Goals: []goal{
			{Text: "Parquet → JSONL, CPU a record", Value: toJSON.cpu().median, Limit: 3, Below: true, Unit: "µs"},
			{Text: "Parquet → Parquet, CPU a record above the bare copy", Value: toParquet.cpu().median - rows.cpu().median, Limit: 2.5, Below: true, Unit: "µs"},
		}},
	}, nil
}

func measurePython(b *bench) ([]*contest, error) {
	t, err := b.taskOf("snips", 4)
	if err != nil {
		return nil, err
	}
	pq, err := b.parquet(b.rows)
	if err != nil {
		return nil, err
	}
	script := filepath.Join("bench", "peers", "label.py")
	w := b.classify("winnow, Parquet → Parquet", pq, "a.parquet", t.labels, b.rows)
	python := func(n int) *series {
		return &series{
			Name: fmt.Sprintf("pyarrow + fastText, %d process(es)", n), Records: b.rows,
			args: []string{b.peers.python, script, t.model, pq, b.result("py.parquet"), strconv.Itoa(n)},
		}
	}
	p1, p2 := python(1), python(2)
	if err := b.alternate(min(b.runs, 3), w, p1, p2); err != nil {
		return nil, err
	}
	return []*contest{{Title: "Parquet → Parquet", Series: []*series{w, p1, p2}, Goals: []goal{
		{Text: "rows/s beside one Python process", Value: p1.wall().median / w.wall().median, Limit: 5, Unit: "×"},
		{Text: "rows/s beside a Python process for each CPU", Value: p2.wall().median / w.wall().median, Limit: 5, Unit: "×"},
	}}}, nil
}

func measureEngine(b *bench) ([]*contest, error) {
	t, err := b.taskOf("snips", 4)
	if err != nil {
		return nil, err
	}
	n := b.rows / 10
	texts, err := b.input(fmt.Sprintf("short-%d.txt", n), func(path string) error { return b.corpus.WriteText(path, n) })
	if err != nil {
		return nil, err
	}
	const passes = "40"
	l := &series{Name: "bare classify loop", Records: n * 40, cpus: "0", args: []string{b.self, "work", "loop", t.labels, texts, passes}}
	e := &series{Name: "pipeline", Records: n * 40, cpus: "0", args: []string{b.self, "work", "engine", t.labels, texts, passes}}
	if err := b.alternate(b.runs, l, e); err != nil {
		return nil, err
	}
	return []*contest{{Title: "4 labels", Series: []*series{l, e}, Goals: []goal{
		{Text: "CPU above the bare loop", Value: 100 * (e.cpu().median/l.cpu().median - 1), Limit: 10, Below: true, Unit: "%"},
	}}}, nil
}

func measureStart(b *bench) ([]*contest, error) {
	line := b.in("line.txt")
	if err := os.WriteFile(line, []byte("You have won a prize, call now to claim it\n"), 0o644); err != nil {
		return nil, err
	}
	const batch = 1024
	lines, err := b.input(fmt.Sprintf("short-%d.txt", batch), func(path string) error { return b.corpus.WriteText(path, batch) })
	if err != nil {
		return nil, err
	}
	labelling := func(name, backend, in string, records int) *series {
		return &series{Name: name, Records: records, stdin: in, args: []string{b.winnow, "classify", "--labels", "spam,ham", "--backend", backend, "--quiet"}}
	}
	static := labelling("static, one line to its label", "static", line, 1)
	encoder := labelling("encoder, one line to its label", "encoder", line, 1)
	if err := b.alternate(4*b.runs, static, encoder); err != nil {
		return nil, err
	}
	full := labelling("encoder, a batch", "encoder", lines, batch)
	if err := b.alternate(b.runs, full); err != nil {
		return nil, err
	}
	return []*contest{{Title: "One line", Series: []*series{static, encoder}, Goals: []goal{
		{Text: "static, one line to its label, wall time", Value: 1000 * static.wall().median, Limit: 150, Below: true, Unit: "ms"},
		{Text: "encoder, one line to its label, wall time", Value: 1000 * encoder.wall().median, Limit: 400, Below: true, Unit: "ms"},
	}}, {Title: "A batch of the encoder", Series: []*series{full}, Goals: []goal{
		{Text: "encoder, model and a batch, resident at most", Value: full.rss().median, Limit: 200, Below: true, Unit: "MiB"},
	}}}, nil
}

func measureMemory(b *bench) ([]*contest, error) {
	t, err := b.taskOf("snips", 4)
	if err != nil {
		return nil, err
	}
	small := b.big / 10
	var all []*contest
	for _, format := range []struct {
		name, ext string
		make      func(int) (string, error)
	}{{"Parquet → Parquet", "parquet", b.parquet}, {"JSONL → JSONL", "jsonl", b.jsonl}} {
		var pair []*series
		var big string
		for _, n := range []int{small, b.big} {
			in, err := format.make(n)
			if err != nil {
				return nil, err
			}
			big = in
			pair = append(pair, b.classify(fmt.Sprintf("%s, %d rows", format.name, n), in, "memory."+format.ext, t.labels, n))
		}
		if err := b.alternate(min(b.runs, 3), pair...); err != nil {
			return nil, err
		}
		for _, path := range []string{big, b.result("memory." + format.ext)} { // gigabytes
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		}
		all = append(all, &contest{Title: format.name, Series: pair, Goals: []goal{
			{Text: fmt.Sprintf("%s, %d rows", format.name, b.big), Value: pair[1].rss().median, Limit: 400, Below: true, Unit: "MiB"},
			{Text: format.name + ", growth from a tenth of the rows", Value: 100 * (pair[1].rss().median/pair[0].rss().median - 1), Limit: 10, Below: true, Unit: "%"},
		}})
	}
	return all, nil
}
