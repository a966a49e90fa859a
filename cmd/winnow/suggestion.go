package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/active"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/classify/static"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/answer"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// suggestion is one choice of records: a pipeline over those that are labelled and one over the others feed the chooser.
type suggestion struct {
	cmd       *suggestCmd
	main      *Main
	chooser   *active.Chooser
	labels    []string // as the classifier has them
	multi     bool
	threshold float64 // from which on a label is proposed, in multi mode
	read      pipeline.Counts
	labelled  int64 // records
	left      int64 // records whose text is labelled already
}

// suggested is a line of the output.
type suggested struct {
	Text       string  `json:"text"`
	Proposed   any     `json:"proposed"` // a label, in multi mode a list; null where there is none
	Confidence float32 `json:"confidence"`
	Second     string  `json:"second,omitempty"`
	Why        string  `json:"why"`
	File       string  `json:"file"`
	Row        int64   `json:"row"` // line or row, from 1
}

// leaveOut reads the records that are labelled already.
func (r *suggestion) leaveOut(ctx context.Context) error {
	if len(r.cmd.Labelled) == 0 {
		return nil
	}
	in := wire.Simple{Inputs: r.cmd.Labelled, Text: r.cmd.LabelledText, Examples: true}
	s, err := in.Spec()
	if err != nil {
		return labelledFlags(err)
	}
	o := r.main.options()
	o.Examples = r.cmd.Label
	_, err = r.run(ctx, s, o, answer.Config{Gold: r.cmd.Label, Add: func(row *eval.Row) error {
		if row.Gold != nil {
			r.labelled++
			r.chooser.Labelled(row.Text)
		}
		return nil
	}})
	return labelledFlags(err)
}

// labelledFlags names the flags that the labelled records have for text and input.
func labelledFlags(err error) error {
	e, ok := fault.As(err)
	if !ok || e.Code != fault.ColumnsRequired {
		return err
	}
	return e.WithFix("name the text of the labelled records with --labelled-text")
}

// readAll classifies the input, and hands every record to the chooser.
func (r *suggestion) readAll(ctx context.Context, set classify.LabelSet) error {
	in := wire.Simple{Inputs: r.cmd.Input, Labels: set}
	r.cmd.labelFlags.fill(&in)
	r.cmd.inputFlags.fill(&in)
	s, err := in.Spec()
	if err != nil {
		return err
	}
	o := r.cmd.labelFlags.options(r.main)
	info, err := wire.Classifier(s, o)
	if err != nil {
		return wire.AsFlags(err)
	}
	r.labels, r.multi, r.threshold = info.Labels, info.Mode == classify.Multi, static.DefaultThreshold
	if r.multi {
		if r.cmd.Threshold != nil {
			r.threshold = *r.cmd.Threshold
		}
		every := 0.0 // of each label it is asked how sure it is
		s.Classify.Threshold, s.Classify.TopK = &every, 0
	} else {
		s.Classify.TopK = min(2, len(info.Labels))
	}
	o.Limit, o.Workers = r.cmd.Limit, int(r.cmd.Parallel)
	r.read, err = r.run(ctx, s, o, answer.Config{Multi: r.multi, Add: r.add})
	return err
}

// run runs a pipeline that ends in a sink of answers.
func (r *suggestion) run(ctx context.Context, s *spec.Spec, o wire.Options, cfg answer.Config) (pipeline.Counts, error) {
	o.Sink = answer.NewSink(cfg)
	j := &job{name: "suggest", memory: s.Memory.Bytes(), stdout: true, silent: true}
	var err error
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return pipeline.Counts{}, wire.AsFlags(err)
	}
	sum, err := r.main.execute(ctx, j)
	return sum.Counts, err
}

// add hands on a record with what is shown of its answer.
func (r *suggestion) add(row *eval.Row) error {
	c := active.Candidate{Text: row.Text, Place: row.Place, Margin: active.MarginOf(row.Scores), Scores: row.Scores}
	if r.multi {
		c.Margin = active.MultiMargin(row.Scores, r.threshold)
		given := 0
		for given < len(row.Scores) && float64(row.Scores[given].Confidence) >= r.threshold {
			given++
		}
		c.Scores = row.Scores[:min(max(given, 2), len(row.Scores))]
	}
	if !r.chooser.Add(&c) {
		r.left++
	}
	return nil
}

// write writes the choice.
func (r *suggestion) write(picks []active.Pick) error {
	if len(picks) == 0 {
		if r.left > 0 {
			return fault.New(fault.InputEmpty, "every text is labelled already").At(fault.Where{File: strings.Join(r.cmd.Input, ", ")})
		}
		return fault.New(fault.InputEmpty, "no record has a text with a known word").At(fault.Where{File: strings.Join(r.cmd.Input, ", ")})
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for i := range picks {
		if err := e.Encode(r.line(&picks[i])); err != nil {
			return fault.New(fault.Internal, "%w", err)
		}
	}
	return r.main.output(r.cmd.Output, out.Bytes())
}

func (r *suggestion) line(p *active.Pick) suggested {
	s := suggested{Text: p.Text, File: p.Place.File, Row: p.Place.Row, Why: r.why(p)}
	if r.multi {
		names := []string{}
		for _, score := range p.Scores {
			if float64(score.Confidence) >= r.threshold {
				names = append(names, r.labels[score.Label])
			}
		}
		s.Proposed = names
	} else if len(p.Scores) > 0 {
		s.Proposed = r.labels[p.Scores[0].Label]
	}
	if len(p.Scores) > 0 {
		s.Confidence = p.Scores[0].Confidence
	}
	if len(p.Scores) > 1 && !r.multi {
		s.Second = r.labels[p.Scores[1].Label]
	}
	return s
}

// why says in words what made the choice.
func (r *suggestion) why(p *active.Pick) string {
	sure := "the classifier is rather sure of it"
	switch {
	case len(p.Scores) == 0:
		sure = "it has no label"
	case p.Margin < 0.5 && len(p.Scores) > 1:
		sure = fmt.Sprintf("unsure: %s %.2f, %s %.2f", r.labels[p.Scores[0].Label], p.Scores[0].Confidence,
			r.labels[p.Scores[1].Label], p.Scores[1].Confidence)
	case p.Margin < 0.5:
		sure = fmt.Sprintf("unsure: %s %.2f", r.labels[p.Scores[0].Label], p.Scores[0].Confidence)
	}
	if p.Like <= 1 {
		return sure + "; unlike the others"
	}
	return fmt.Sprintf("%s; about %s are like it", sure, term.Plural(p.Like, "text"))
}

// tell says what was chosen out of what.
func (r *suggestion) tell(picks []active.Pick) error {
	if r.main.quiet {
		return nil
	}
	text := fmt.Sprintf("chose %d of %s", len(picks), term.Plural(r.read.Read, "record"))
	if r.labelled > 0 {
		text += fmt.Sprintf(", with %s known", term.Plural(r.labelled, "labelled record"))
	}
	if r.read.Dead > 0 {
		text += fmt.Sprintf("; %s rejected", term.Plural(r.read.Dead, "record"))
	}
	if len(picks) < r.cmd.Count {
		text += fmt.Sprintf("\nnote: fewer than %d: the others are labelled, or nearly equal to these", r.cmd.Count)
	}
	if out := r.cmd.Output; out != "-" {
		text += fmt.Sprintf("\nnext: winnow label %s%s -o labelled.jsonl", out, r.labelFlag())
	}
	_, err := fmt.Fprintln(r.main.Stderr, text)
	return err
}

// labelFlag is how the next command names the labels.
func (r *suggestion) labelFlag() string {
	switch {
	case r.cmd.LabelsFile != "":
		return " --labels-file " + r.cmd.LabelsFile
	case r.cmd.Classifier != "":
		return " --classifier " + r.cmd.Classifier
	case len(r.cmd.Labels) > 0:
		return " --labels " + strings.Join(r.cmd.Labels, ",")
	}
	return ""
}
