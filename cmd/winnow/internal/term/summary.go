package term

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/pipeline"
)

// Summary is what a run leaves to say.
type Summary struct {
	*pipeline.Summary
	Outputs  []string      // where records went, for people
	Rejected string        // where rejected ones went; empty where there is no such place
	Quality  *eval.Quality // nil without a gold column
}

// ratedFrom is the number of records from which on their rate says something.
const ratedFrom = 1000

// shownLabels is how many labels the summary's table names.
const shownLabels = 20

// WriteSummary draws the table at the end of a run.
func WriteSummary(w io.Writer, sum *Summary, s Style) error {
	b := new(strings.Builder)
	headline(b, sum, s)
	if len(sum.Tally.Labels) > 0 {
		b.WriteByte('\n')
		labelTable(&sum.Tally).write(b, s)
		histogram(b, &sum.Tally, s)
	}
	if len(sum.Stages) > 0 && !sum.AlreadyComplete {
		b.WriteByte('\n')
		stageTable(sum.Stages).write(b, s)
	}
	if len(sum.Tally.Entities) > 0 {
		b.WriteByte('\n')
		entityTable(&sum.Tally).write(b, s)
	}
	if k := sum.Tally.Keyphrases; k != nil {
		b.WriteString(keyphraseLine(k) + "\n")
	}
	if q := sum.Quality; q != nil {
		b.WriteByte('\n')
		b.WriteString(QualityLine(q, s) + "\n")
	}
	tail(b, sum, s)
	_, err := io.WriteString(w, b.String())
	return err
}

func headline(b *strings.Builder, sum *Summary, s Style) {
	verb := "copied"
	if len(sum.Tally.Labels) > 0 {
		verb = "labelled"
	} else if len(sum.Tally.Entities) > 0 {
		verb = "looked through"
	} else if sum.Tally.Keyphrases != nil {
		verb = "tagged"
	}
	switch {
	case sum.AlreadyComplete:
		fmt.Fprintf(b, "%s: %s in %s\n", s.paint(green, "already complete"), Plural(sum.Counts.Delivered, "record"), places(sum.Outputs))
		return
	case sum.Phase == pipeline.Completed:
		b.WriteString(s.paint(green, "done"))
	default:
		b.WriteString(s.paint(yellow, string(sum.Phase)))
	}
	fmt.Fprintf(b, ": %s %s", verb, Plural(sum.Counts.Delivered, "record"))
	if sum.Elapsed > 0 {
		fmt.Fprintf(b, " in %s", Duration(sum.Elapsed))
		if !sum.Resumed && sum.Counts.Read >= ratedFrom {
			fmt.Fprintf(b, " (%s)", Rate(float64(sum.Counts.Read)/sum.Elapsed.Seconds()))
		}
	}
	if len(sum.Outputs) > 0 {
		b.WriteString(" to " + places(sum.Outputs))
	}
	b.WriteByte('\n')
}

func places(outputs []string) string {
	if len(outputs) == 0 {
		return "the output"
	}
	return clean(strings.Join(outputs, ", "))
}

// keyphraseLine says how many records have keyphrases, and why the others have none.
func keyphraseLine(k *pipeline.KeyphraseTally) string {
	line := fmt.Sprintf("keyphrases: %s in %s", Count(k.Count), Plural(k.Rows, "record"))
	if none := reasons(k.None); none != "" {
		line += "; none: " + none
	}
	return line
}

type labelRows struct{ Table }

func (t *labelRows) write(b *strings.Builder, s Style) { _ = t.Write(b, s) } // a strings.Builder never fails

// labelTable lists labels by their counts, with shares of the rows that could have one.
func labelTable(t *pipeline.Tally) *labelRows {
	rows := float64(t.Null)
	for _, n := range t.Histogram {
		rows += float64(n)
	}
	table := &labelRows{Table{
		Head: []string{"label", "records", "share", "confidence", ""}, Align: []Align{Left, Right, Right, Right, Left},
	}}
	var top, rest, restLabels int64
	for n, i := range byCount(t.Labels) {
		l := t.Labels[i]
		top = max(top, l.Count)
		if n >= shownLabels {
			rest += l.Count
			restLabels++
			continue
		}
		mean := "–"
		if l.Count > 0 {
			mean = decimal(l.ConfidenceSum/float64(l.Count), 2)
		}
		graph := ""
		if top > 0 {
			graph = bar(float64(l.Count)/float64(top), 20)
		}
		table.Row(l.Name, Count(l.Count), percent(float64(l.Count), rows), mean, graph)
	}
	if restLabels > 0 {
		table.Dim(Count(restLabels)+" more labels", Count(rest), percent(float64(rest), rows))
	}
	if t.Null > 0 {
		table.Dim("(no label)", Count(t.Null), percent(float64(t.Null), rows), "", nullReasons(t))
	}
	return table
}

func nullReasons(t *pipeline.Tally) string { return reasons(t.NullReason) }

// reasons writes counts by reason.
func reasons(counts map[string]int64) string {
	var parts []string
	for reason, n := range counts {
		parts = append(parts, strings.ReplaceAll(reason, "_", " ")+" "+Count(n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

func histogram(b *strings.Builder, t *pipeline.Tally, s Style) {
	var total int64
	for _, n := range t.Histogram {
		total += n
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(b, "\nconfidence  0 %s 1\n", s.paint(cyan, "▕"+spark(t.Histogram[:])+"▏"))
}

// QualityLine says in one line how good the labels are.
func QualityLine(q *eval.Quality, s Style) string {
	line := fmt.Sprintf("%s  macro-F1 %s  calibration error %s  (%s with a gold label",
		s.paint(bold, "accuracy "+percent(float64(q.Correct), float64(q.Rows))),
		decimal(float64(q.MacroF1), 3), decimal(float64(q.ECE), 3), Plural(q.Rows, "record"))
	if q.Outside > 0 {
		line += fmt.Sprintf(", %s outside of the set", Count(q.Outside))
	}
	line += ")"
	return line
}

func tail(b *strings.Builder, sum *Summary, s Style) {
	if n := sum.Counts.Dead; n > 0 {
		line := fmt.Sprintf("rejected %s (%s)", Plural(n, "record"), percent(float64(n), float64(sum.Counts.Read)))
		if sum.Rejected != "" {
			line += ", each with its reason: " + clean(sum.Rejected)
		}
		b.WriteString("\n" + s.paint(red, line) + "\n")
	}
	var notes []string
	if n := sum.Counts.Dropped; n > 0 {
		notes = append(notes, Plural(n, "record")+" dropped by a rule of the spec")
	}
	if n := sum.Counts.Blank; n > 0 {
		notes = append(notes, Plural(n, "blank line")+" skipped")
	}
	if sum.Limited {
		notes = append(notes, "stopped at --limit; the input goes on")
	}
	if sum.Plan != nil {
		notes = append(notes, sum.Plan.Notes...)
	}
	for _, n := range notes {
		b.WriteString(s.paint(dim, "note: "+clean(n)) + "\n")
	}
}

// byCount is the order of labels from the most frequent; equal ones keep theirs.
func byCount(labels []pipeline.LabelTally) []int {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return labels[order[a]].Count > labels[order[b]].Count })
	return order
}
