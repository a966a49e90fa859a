package main

import (
	"fmt"
	"strings"
)

// column is one figure of results; blank where a result has none.
type column struct {
	head string
	cell func(*result) string
}

var singleColumns = []column{{"accuracy, %", scored(accuracy, 100, "%.1f")}, {"calibration error", scored(ece, 1, "%.3f")}}

var multiColumns = []column{
	{"micro-F1, %", scored(microF1, 100, "%.1f")}, {"macro-F1, %", scored(macroF1, 100, "%.1f")}, {"calibration error", scored(ece, 1, "%.3f")},
}

var costColumns = []column{
	{"training, s", trained(measure.seconds, "%.3g")},
	{"its CPU, s", trained(measure.cpuSeconds, "%.3g")},
	{"its memory, MiB", trained(measure.mebibytes, "%.0f")},
	{"CPU, µs a row", answered(func(r *result) string {
		if cpu := r.cpu(); cpu.median > 0 {
			return cpu.format(digits(cpu.median))
		}
		return "–" // loading the model took longer, and drowned it
	})},
	{"rows/s", answered(func(r *result) string {
		if rate := r.rate(); rate > 0 {
			return thousands(rate)
		}
		return "–"
	})},
	{"memory, MiB", answered(func(r *result) string { return fmt.Sprintf("%.0f", r.Predict.rss().median) })},
	{"start to label, ms", answered(func(r *result) string { return fmt.Sprintf("%.0f", 1000*r.Start.wall().median) })},
	{"line to label, ms", func(r *result) string {
		if r.Latency == nil {
			return ""
		}
		return fmt.Sprintf(digits(r.Latency.Median)+" (99 %%: "+digits(r.Latency.Most)+")", r.Latency.Median, r.Latency.Most)
	}},
}

// digits is the format of three digits, or of all before the point.
func digits(v float64) string {
	if v >= 100 {
		return "%.0f"
	}
	return "%.3g"
}

// writeResults is a table with a row for each result, and the columns that there are figures for.
func (c *contest) writeResults(w *strings.Builder) {
	columns := []column{
		{c.Title, func(r *result) string { return r.Name }},
		{"rows learnt from", func(r *result) string {
			if r.Rows == 0 {
				return ""
			}
			return thousands(float64(r.Rows))
		}},
	}
	if c.Multi {
		columns = append(columns, multiColumns...)
	} else {
		columns = append(columns, singleColumns...)
	}
	columns = append(columns, costColumns...)
	var table [][]string
	for _, col := range columns {
		cells, blank := []string{col.head, "---"}, true
		for _, r := range c.Results {
			cells = append(cells, col.cell(r))
			blank = blank && cells[len(cells)-1] == ""
		}
		if !blank {
			table = append(table, cells)
		}
	}
	w.WriteByte('\n')
	for row := range len(c.Results) + 2 {
		for _, cells := range table {
			w.WriteString("| " + cells[row] + " ")
		}
		w.WriteString("|\n")
	}
}

// scored is the mean over the grades, with least and most where there are several.
func scored(of func(*grade) *float64, unit float64, f string) func(*result) string {
	return func(r *result) string {
		mean, ok := r.mean(of)
		if !ok {
			return ""
		}
		if len(r.Grades) == 1 {
			return fmt.Sprintf(f, unit*mean)
		}
		s := spread{mean, mean, mean}
		for _, g := range r.Grades {
			s.min, s.max = min(s.min, *of(g)), max(s.max, *of(g))
		}
		return spread{unit * s.min, unit * s.median, unit * s.max}.format(f)
	}
}

func accuracy(g *grade) *float64 { return g.Accuracy }
func microF1(g *grade) *float64  { return g.MicroF1 }
func macroF1(g *grade) *float64  { return g.MacroF1 }
func ece(g *grade) *float64      { return g.ECE }

// mean is a score's mean over the grades; false where it is unknown.
func (r *result) mean(of func(*grade) *float64) (float64, bool) {
	sum := 0.0
	for _, g := range r.Grades {
		v := of(g)
		if v == nil {
			return 0, false
		}
		sum += *v
	}
	return sum / float64(max(len(r.Grades), 1)), len(r.Grades) > 0
}

// trained is a figure of the trainings, with least and most where there are several.
func trained(of func(measure) float64, f string) func(*result) string {
	return func(r *result) string {
		switch s := r.Train; {
		case s == nil:
			return ""
		case len(s.Runs) == 1:
			return fmt.Sprintf(f, of(s.Runs[0]))
		default:
			return s.spread(of).format(f)
		}
	}
}

func answered(cell func(*result) string) func(*result) string {
	return func(r *result) string {
		if r.Predict == nil {
			return ""
		}
		return cell(r)
	}
}

// cpu is µs a row beyond starting and loading, which the run with one line shows.
func (r *result) cpu() spread {
	start := r.Start.spread(measure.cpuSeconds).median
	return r.Predict.spread(func(m measure) float64 { return (m.CPU.Seconds() - start) * 1e6 / float64(r.Predict.Records-1) })
}

// rate is rows a second beyond starting and loading, on all cores that the command takes.
func (r *result) rate() float64 {
	return float64(r.Predict.Records-1) / (r.Predict.wall().median - r.Start.wall().median)
}
