package head

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Example is one text with its labels: exactly one in single mode.
type Example struct {
	Text   string
	Labels []string
}

// data are the examples, and behind them a row for each label's own text that has words.
type data struct {
	set     classify.LabelSet
	texts   []string
	ends    []uint32 // where each row's labels end in ids
	ids     []int32
	numbers []int64   // of the rows among the examples, from 1; 0 for those of Config.Labels
	real    int       // rows that are examples
	having  [][]int32 // by label: its rows, label texts too
	read    int64     // examples read
}

func (d *data) labels(row int32) []int32 {
	start := uint32(0)
	if row > 0 {
		start = d.ends[row-1]
	}
	return d.ids[start:d.ends[row]]
}

func (d *data) has(row, label int32) bool { return slices.Contains(d.labels(row), label) }

// examples are the rows that are examples.
func (d *data) examples() []int32 {
	rows := make([]int32, d.real)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// labelTexts are the rows that are texts of labels.
func (d *data) labelTexts() []int32 {
	rows := make([]int32, len(d.texts)-d.real)
	for i := range rows {
		rows[i] = int32(d.real + i)
	}
	return rows
}

// reader gathers examples.
type reader struct {
	cfg   *Config
	data  *data
	known map[string]int32
	open  bool // labels come from the examples
	bytes int
	every uint64 // one of so many rows is kept
}

// read reads all examples in bounded memory.
func read(ctx context.Context, cfg *Config, examples iter.Seq2[Example, error]) (*data, error) {
	r := &reader{cfg: cfg, data: &data{set: slices.Clone(cfg.Labels)}, known: map[string]int32{}, open: len(cfg.Labels) == 0, every: 1}
	for i := range r.data.set {
		r.known[r.data.set[i].Name] = int32(i)
	}
	for _, l := range cfg.Labels {
		for _, text := range l.Examples {
			r.keep(text, 0, []int32{r.known[l.Name]})
		}
	}
	for e, err := range examples {
		if err != nil {
			return nil, err
		}
		r.data.read++
		if r.data.read%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := r.add(e); err != nil {
			return nil, err
		}
	}
	return r.data, r.finish()
}

// add takes one example.
func (r *reader) add(e Example) error {
	n := r.data.read
	at := func(err *fault.Error) error { return err.At(fault.Where{Row: n}) }
	switch {
	case len(e.Labels) > MaxRowLabels:
		return at(fault.New(fault.TrainLabel, "an example has %d labels, at most %d are allowed", len(e.Labels), MaxRowLabels))
	case r.cfg.Mode == classify.Single && len(e.Labels) != 1:
		return at(fault.New(fault.TrainLabel, "an example has %d labels, and the mode is single", len(e.Labels)))
	}
	ids := make([]int32, 0, 8)
	for _, name := range e.Labels {
		id, ok := r.known[name]
		if !ok {
			if !r.open {
				return at(fault.New(fault.TrainLabel, "an example has the label %q, which is not one of the labels", name))
			}
			if len(r.data.set) == MaxLabels {
				return at(fault.New(fault.LabelsTooMany, "more than %d labels", MaxLabels))
			}
			id = int32(len(r.data.set))
			name = strings.Clone(name)
			r.known[name] = id
			r.data.set = append(r.data.set, classify.Label{Name: name})
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	r.keep(e.Text, n, ids)
	return nil
}

// keep stores a row; when there is no room, every other row is given up, and from then on of those that come.
func (r *reader) keep(text string, number int64, ids []int32) {
	d := r.data
	if number > 0 && uint64(number)%r.every != 0 {
		return
	}
	d.texts = append(d.texts, strings.Clone(text))
	d.ids = append(d.ids, ids...)
	d.ends = append(d.ends, uint32(len(d.ids)))
	d.numbers = append(d.numbers, number)
	if r.bytes += len(text); r.bytes > maxText || len(d.texts) > r.cfg.maxRows() {
		r.every *= 2
		r.thin()
	}
}

func (r *reader) thin() {
	old := *r.data
	d := r.data
	d.texts, d.ids, d.ends, d.numbers, r.bytes = nil, nil, nil, nil, 0
	for i, text := range old.texts {
		if n := old.numbers[i]; n == 0 || uint64(n)%r.every == 0 {
			d.texts = append(d.texts, text)
			d.ids = append(d.ids, old.labels(int32(i))...)
			d.ends = append(d.ends, uint32(len(d.ids)))
			d.numbers = append(d.numbers, n)
			r.bytes += len(text)
		}
	}
}

// finish checks what was read, sorts labels that came from examples, and adds the labels' own texts.
func (r *reader) finish() error {
	d := r.data
	d.real = len(d.texts)
	if err := r.enough(); err != nil {
		return err
	}
	if r.open {
		if err := d.set.CheckUpTo(MaxLabels); err != nil {
			return err
		}
		r.sort()
	}
	for i, l := range d.set {
		d.texts = append(d.texts, strings.TrimSpace(static.Words(l.Name)+" "+l.Description))
		d.ids = append(d.ids, int32(i))
		d.ends = append(d.ends, uint32(len(d.ids)))
		d.numbers = append(d.numbers, 0)
	}
	d.having = make([][]int32, len(d.set))
	for row := range d.texts {
		for _, l := range d.labels(int32(row)) {
			d.having[l] = append(d.having[l], int32(row))
		}
	}
	return nil
}

// enough says what is missing for training.
func (r *reader) enough() error {
	d := r.data
	seen := make([]bool, len(d.set))
	bare, labels := 0, 0
	for row := range d.texts {
		l := d.labels(int32(row))
		if len(l) == 0 {
			bare++
		}
		for _, id := range l {
			if !seen[id] {
				seen[id] = true
				labels++
			}
		}
	}
	switch {
	case len(d.texts) < 2:
		return fault.New(fault.TrainRows, "training takes at least 2 examples, and gets %d", len(d.texts))
	case labels == 0:
		return fault.New(fault.TrainOneLabel, "no example has a label")
	case labels == 1 && (r.cfg.Mode == classify.Single || bare == 0):
		only := d.set[slices.Index(seen, true)].Name
		return fault.New(fault.TrainOneLabel, "every example has the label %q; there is nothing to tell it from", only)
	case len(r.cfg.Weights) > 0:
		var errs []error
		for name := range r.cfg.Weights {
			if _, ok := r.known[name]; !ok {
				errs = append(errs, fault.New(fault.TrainLabel, "a weight for the label %q, which no example has", name))
			}
		}
		return errors.Join(errs...)
	}
	return nil
}

// sort puts labels into alphabetical order.
func (r *reader) sort() {
	d := r.data
	order := make([]int, len(d.set))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return d.set[order[i]].Name < d.set[order[j]].Name })
	set, to := make(classify.LabelSet, len(order)), make([]int32, len(order))
	for i, o := range order {
		set[i], to[o] = d.set[o], int32(i)
	}
	d.set = set
	for i, id := range d.ids {
		d.ids[i] = to[id]
	}
}
