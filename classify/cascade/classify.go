package cascade

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// scratch is what one call needs.
type scratch struct {
	gatherer gatherer
	results  []classify.Results // of each stage but the first, whose answers go where the caller wants them

	// A batch has these only when some of its texts go on.
	rows   []int32          // those that go on, ascending
	stage  []uint8          // of each row: the stage that answered it
	local  []int32          // of each row: its row in that stage's results
	failed []error          // of each row: why it has no answer
	firsts classify.Results // what the first stage answered, while lists are put together
}

// Classify asks the first stage for all texts, and each later one in a single call for those that are unsure.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	if err := c.ask(ctx, 0, texts, out); err != nil {
		return err
	}
	s := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	s.rows = s.rows[:0]
	c.first(texts, out, s)
	if len(s.rows) == 0 || len(c.stages) == 1 {
		c.stages[0].counts.answered.Add(int64(texts.Len() - c.unanswered(texts, out)))
		return nil
	}
	s.begin(out)
	for k := 1; k < len(c.stages) && len(s.rows) > 0; k++ {
		batch := texts
		if len(s.rows) < texts.Len() {
			batch = s.gatherer.gather(texts, s.rows)
		}
		results := &s.results[k]
		switch err := c.ask(ctx, k, batch, results); {
		case err == nil:
			c.later(k, out, s)
		case !c.keep || ctx.Err() != nil:
			return err
		default:
			c.kept(k, err, s)
		}
	}
	c.lists(out, s)
	c.settle(texts, out, s)
	return nil
}

// ask lets a stage answer, takes the time, and holds the answer's shape to the contract.
func (c *Classifier) ask(ctx context.Context, k int, texts *array.String, out *classify.Results) error {
	s := &c.stages[k]
	before := c.clock()
	err := s.classifier.Classify(ctx, texts, out)
	s.counts.time.Add(int64(c.clock().Sub(before)))
	s.counts.asked.Add(int64(texts.Len()))
	if err == nil {
		err = check(out, texts.Len(), len(c.info.Labels))
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return err
	default:
		s.counts.errors.Add(1)
		return fmt.Errorf("%s: %w", s.place, err)
	}
}

// check finds what the cascade can't go on with: columns of other lengths, labels out of range.
func check(r *classify.Results, n, labels int) error {
	if r.Len() != n || len(r.Confidence) != n || len(r.Reason) != n || len(r.Tokens) != n || len(r.Ends) != 0 && len(r.Ends) != n {
		return fault.New(fault.ClassifyReply, "%d texts gave %d labels, %d confidences, %d reasons, %d token counts and %d lists",
			n, r.Len(), len(r.Confidence), len(r.Reason), len(r.Tokens), len(r.Ends))
	}
	for row, label := range r.Label {
		if label < -1 || int(label) >= labels {
			return fault.New(fault.ClassifyReply, "row %d has label %d of %d", row, label, labels)
		}
	}
	for _, score := range r.Scores {
		if score.Label < 0 || int(score.Label) >= labels {
			return fault.New(fault.ClassifyReply, "a list has label %d of %d", score.Label, labels)
		}
	}
	for i, f := range r.Failures {
		if f.Row < 0 || f.Row >= n || i > 0 && f.Row <= r.Failures[i-1].Row || f.Err == nil {
			return fault.New(fault.ClassifyReply, "row %d of %d failed, out of order or without a reason", f.Row, n)
		}
	}
	return nil
}

// unsure says whether an answer of stage k goes on.
func (c *Classifier) unsure(k int, r *classify.Results, i int) bool {
	return r.Label[i] < 0 || r.Reason[i] != classify.Labelled || !(r.Confidence[i] >= c.stages[k].least)
}

// first finds the rows of the first stage that go on.
func (c *Classifier) first(texts *array.String, out *classify.Results, s *scratch) {
	var tokens int64
	failures := out.Failures
	for row := range out.Len() {
		tokens += int64(out.Tokens[row])
		if len(failures) > 0 && failures[0].Row == row {
			failures = failures[1:]
			if c.keep {
				s.rows = append(s.rows, int32(row))
			}
			continue
		}
		if c.unsure(0, out, row) && !texts.IsNull(row) {
			s.rows = append(s.rows, int32(row))
		}
	}
	c.stages[0].counts.tokens.Add(tokens)
}

// begin notes where the first stage's answers are.
func (s *scratch) begin(out *classify.Results) {
	n := out.Len()
	s.stage, s.local, s.failed = resize(s.stage, n), resize(s.local, n), resize(s.failed, n)
	clear(s.stage)
	clear(s.failed)
	for row := range s.local {
		s.local[row] = int32(row)
	}
	for _, f := range out.Failures {
		s.failed[f.Row] = f.Err
	}
}

// later takes over what stage k answered, and leaves in s.rows what goes on from there.
func (c *Classifier) later(k int, out *classify.Results, s *scratch) {
	r, st := &s.results[k], &c.stages[k]
	failures := r.Failures
	on := s.rows[:0]
	var tokens int64
	for i, row := range s.rows {
		tokens += int64(r.Tokens[i])
		if len(failures) > 0 && failures[0].Row == i {
			err := failures[0].Err
			failures = failures[1:]
			if c.keep {
				s.keep(row, fmt.Errorf("%s: %w", st.place, err), &st.counts)
				on = append(on, row)
				continue
			}
			out.Label[row], out.Confidence[row], out.Reason[row] = -1, 0, classify.Labelled
			s.failed[row] = fmt.Errorf("%s: %w", st.place, err)
			continue
		}
		if c.unsure(k, r, i) {
			on = append(on, row)
		}
		if r.Label[i] < 0 && r.Reason[i] == classify.NoKnownWords && out.Label[row] >= 0 {
			continue
		}
		out.Label[row], out.Confidence[row] = st.label(r.Label[i]), r.Confidence[i]
		out.Reason[row], out.Tokens[row] = r.Reason[i], r.Tokens[i]
		s.stage[row], s.local[row], s.failed[row] = uint8(k), int32(i), nil
	}
	st.counts.tokens.Add(tokens)
	s.rows = on
}

// label is the first stage's index of a label of this one.
func (s *stage) label(label int32) int32 {
	if label < 0 || s.labels == nil {
		return label
	}
	return s.labels[label]
}

// kept lets the texts of a call that failed go on with what they have.
func (c *Classifier) kept(k int, err error, s *scratch) {
	for _, row := range s.rows {
		s.keep(row, err, &c.stages[k].counts)
	}
}

// keep leaves a row the answer that it has, which may be null with a reason. One that has failed before fails for the
// newest reason.
func (s *scratch) keep(row int32, err error, counts *counts) {
	if s.failed[row] != nil {
		s.failed[row] = err
		return
	}
	counts.kept.Add(1)
}

// lists puts the rows' lists of labels together, in the labels of the first stage. A stage without lists gives a list
// of its one label where the first stage gives lists.
func (c *Classifier) lists(out *classify.Results, s *scratch) {
	if len(out.Ends) == 0 {
		return
	}
	f := &s.firsts
	// The caller's buffers become the scratch's and the other way round: nothing is copied twice.
	f.Scores, out.Scores = out.Scores, f.Scores[:0]
	f.Ends, out.Ends = out.Ends, f.Ends[:0]
	for row := range out.Len() {
		if s.failed[row] == nil {
			c.list(row, out, s)
		}
		out.Ends = append(out.Ends, int32(len(out.Scores)))
	}
}

func (c *Classifier) list(row int, out *classify.Results, s *scratch) {
	from := &s.firsts
	st := &c.stages[s.stage[row]]
	if s.stage[row] > 0 {
		from = &s.results[s.stage[row]]
	}
	if len(from.Ends) == 0 {
		if label := out.Label[row]; label >= 0 {
			out.Scores = append(out.Scores, classify.Score{Label: label, Confidence: out.Confidence[row]})
		}
		return
	}
	for _, score := range from.RowScores(int(s.local[row])) {
		out.Scores = append(out.Scores, classify.Score{Label: st.label(score.Label), Confidence: score.Confidence})
	}
}

// settle writes the failures and counts the answers.
func (c *Classifier) settle(texts *array.String, out *classify.Results, s *scratch) {
	out.Failures = out.Failures[:0]
	var answered [MaxStages]int64
	for row := range out.Len() {
		switch {
		case s.failed[row] != nil:
			out.Fail(row, s.failed[row])
		case !texts.IsNull(row):
			answered[s.stage[row]]++
		}
	}
	clear(s.failed) // they may hold on to much
	for k := range c.stages {
		c.stages[k].counts.answered.Add(answered[k])
	}
	c.totals.add(texts, out)
}

// unanswered counts what the cascade has no answer for, and returns it.
func (c *Classifier) unanswered(texts *array.String, out *classify.Results) int {
	c.totals.add(texts, out)
	return texts.NullN() + len(out.Failures)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
