package cascade

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
)

// Report is what a cascade has done since it was made. Texts = Nulls + Failed + the sum of Answered over the stages,
// whenever no call is on its way and none failed as a whole.
type Report struct {
	Texts  int64                  `json:"texts"`
	Nulls  int64                  `json:"nulls"`  // texts that were null, which no stage is said to have answered
	Failed int64                  `json:"failed"` // texts without an answer
	Stages []classify.StageReport `json:"stages"`
}

// Share is the part of all texts that are not null of which the stage's answer stands, 0 to 1.
func (r *Report) Share(stage int) float64 {
	n := r.Texts - r.Nulls
	if n <= 0 {
		return 0
	}
	return float64(r.Stages[stage].Answered) / float64(n)
}

// String is the report as a summary prints it: a line for each stage, columns aligned.
func (r *Report) String() string {
	width := 0
	for _, s := range r.Stages {
		width = max(width, len(s.Backend))
	}
	var b strings.Builder
	for i, s := range r.Stages {
		fmt.Fprintf(&b, "stage %d  %-*s  answered %d (%.1f %%) of %d asked, %s",
			i+1, width, s.Backend, s.Answered, 100*r.Share(i), s.Asked, s.Time.Round(time.Millisecond))
		if s.Kept > 0 || s.Errors > 0 {
			fmt.Fprintf(&b, ", %d calls failed, %d texts kept an earlier answer", s.Errors, s.Kept)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// counts are a stage's counters, to which each call adds once.
type counts struct {
	asked, answered, kept, errors, tokens, time atomic.Int64
}

// totals are the counters of the cascade as a whole.
type totals struct {
	texts, nulls, failed atomic.Int64
}

// add counts a batch.
func (c *totals) add(texts *array.String, out *classify.Results) {
	c.texts.Add(int64(texts.Len()))
	c.nulls.Add(int64(texts.NullN()))
	c.failed.Add(int64(len(out.Failures)))
}

// Report returns what has been done so far.
func (c *Classifier) Report() *Report {
	return &Report{Texts: c.totals.texts.Load(), Nulls: c.totals.nulls.Load(), Failed: c.totals.failed.Load(), Stages: c.Stages()}
}

// Stages returns what each stage has done so far.
func (c *Classifier) Stages() []classify.StageReport {
	all := make([]classify.StageReport, len(c.stages))
	for i := range c.stages {
		s := &c.stages[i]
		n := &s.counts
		all[i] = classify.StageReport{
			Stage: classify.Stage{Backend: s.backend, Version: s.version, Confidence: s.confidence},
			Asked: n.asked.Load(), Answered: n.answered.Load(), Kept: n.kept.Load(), Errors: n.errors.Load(),
			Tokens: n.tokens.Load(), Time: time.Duration(n.time.Load()),
		}
	}
	return all
}

var _ classify.Staged = (*Classifier)(nil)
