package answer

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/expr"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says where the parts of a row are found.
type Config struct {
	Gold string // column; empty: rows have no gold labels
	// Predictions is the column of the answers; empty: the pipeline's classifier gives them, if it has one.
	Predictions string
	// Confidence is the column of their confidences. Empty: the one that winnow writes beside Predictions, if it is there.
	Confidence string
	// Text is the column of the texts. Empty: what the classifier gets, else the column "text", if it is there.
	Text string
	// Multi tells that rows have several labels.
	Multi bool
	// Label finds an answer's name among the evaluated labels.
	Label func(name string) (int32, error)
	// Add takes each row. It keeps no reference to it.
	Add func(*eval.Row) error
}

// Sink hands every row that it gets to Config.Add, in input order.
type Sink struct {
	cfg    Config
	bad    error // a column that the input does not have; told by Open
	row    eval.Row
	gold   []string
	scores []classify.Score
}

var _ pipeline.Sink = (*Sink)(nil)

// NewSink makes a Sink.
func NewSink(cfg Config) *Sink { return &Sink{cfg: cfg} }

// Need asks for the columns.
func (s *Sink) Need(in *pipeline.Layout) pipeline.Need {
	var need pipeline.Need
	ask := func(name string) {
		f, err := in.Field(name)
		if (err != nil || in.Inferred && in.Schema.NumFields() > 0 && !in.Has(name)) && s.bad == nil {
			s.bad = expr.UnknownColumn(in, name)
		}
		need.Fields = append(need.Fields, f)
	}
	if s.cfg.Gold != "" {
		ask(s.cfg.Gold)
	}
	if s.cfg.Predictions != "" {
		ask(s.cfg.Predictions)
		for _, name := range besides(s.cfg.Predictions) {
			if s.cfg.Confidence == "" && in.Has(name) {
				s.cfg.Confidence = name
			}
		}
		if s.cfg.Text == "" && in.Has("text") {
			s.cfg.Text = "text"
		}
		for _, name := range []string{s.cfg.Confidence, s.cfg.Text} {
			if name != "" {
				ask(name)
			}
		}
	}
	return need
}

// Open refuses columns that the input does not have.
func (s *Sink) Open(context.Context, pipeline.SinkOpen) error {
	return s.bad
}

// Write hands on the rows of a batch.
func (s *Sink) Write(_ context.Context, b *pipeline.Batch) error {
	c := s.columnsOf(b)
	n := b.Count()
	for i := range n {
		row := i
		if b.Rows != nil {
			row = int(b.Rows[i])
		}
		if err := s.write(b, &c, row); err != nil {
			return err
		}
	}
	return nil
}

// columns are a batch's.
type columns struct {
	gold, text, predictions, confidence arrow.Array
	lists                               *array.List // of the classifier
}

func (s *Sink) columnsOf(b *pipeline.Batch) columns {
	var c columns
	if s.cfg.Gold != "" {
		c.gold = b.Column(s.cfg.Gold)
	}
	if s.cfg.Predictions == "" {
		c.text = b.Column(pipeline.ColText)
		if b.Result != nil {
			for _, col := range b.Result.Columns() {
				if list, ok := col.(*array.List); ok {
					c.lists = list
				}
			}
		}
		return c
	}
	c.predictions = b.Column(s.cfg.Predictions)
	if s.cfg.Confidence != "" {
		c.confidence = b.Column(s.cfg.Confidence)
	}
	if s.cfg.Text != "" {
		c.text = b.Column(s.cfg.Text)
	}
	return c
}

func (s *Sink) write(b *pipeline.Batch, c *columns, row int) error {
	from := b.Origin(row)
	r := &s.row
	*r = eval.Row{Label: eval.None, Place: eval.Place{File: from.File, Row: from.Offset + 1}, Text: textAt(c.text, row)}
	var ok bool
	if s.gold, ok = pipeline.LabelNames(c.gold, row, s.gold[:0]); ok {
		r.Gold = s.gold
		if r.Gold == nil {
			r.Gold = []string{}
		}
	}
	s.scores = s.scores[:0]
	var err error
	switch {
	case s.cfg.Predictions == "" && b.Labels == nil: // nothing is classified
	case s.cfg.Predictions == "":
		r.Label, r.Confidence, r.Reason = b.Labels[row], float64(b.Confidence[row]), b.Reasons[row]
		if c.lists != nil {
			err = s.list(c.lists, row)
		}
	default:
		err = s.predicted(c, row)
	}
	if e, isCoded := fault.As(err); isCoded {
		return e.At(fault.Where{File: r.Place.File, Line: r.Place.Row, Field: s.cfg.Predictions})
	}
	if err != nil {
		return err
	}
	r.Scores = s.scores
	return s.cfg.Add(r)
}

// predicted reads the answer of a row that was labelled before: one label with its confidence, or a list.
func (s *Sink) predicted(c *columns, row int) error {
	given, isList, err := answers(c.predictions, row)
	if err != nil || len(given) == 0 {
		return err
	}
	if !isList && c.confidence != nil {
		if given[0].Confidence, err = confidence(c.confidence, row); err != nil {
			return err
		}
	}
	for _, a := range given {
		l, err := s.cfg.Label(a.Label)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(s.scores, func(o classify.Score) bool { return o.Label == l }) { // named twice, it is one
			s.scores = append(s.scores, classify.Score{Label: l, Confidence: float32(a.Confidence)})
		}
	}
	s.row.Label, s.row.Confidence = s.scores[0].Label, given[0].Confidence
	if !isList && !s.cfg.Multi {
		s.scores = s.scores[:0] // no list of runners-up
	}
	return nil
}

// list reads the classifier's list of a row. Its labels are indexes already: the evaluated labels are the classifier's.
func (s *Sink) list(col *array.List, row int) error {
	pairs := col.ListValues().(*array.Struct)
	labels, isDict := pairs.Field(0).(*array.Dictionary)
	confidences, isFloat := pairs.Field(1).(*array.Float32)
	if !isDict || !isFloat {
		return fault.New(fault.Internal, "a list of labels of type %s", col.DataType())
	}
	from, to := col.ValueOffsets(row)
	for i := int(from); i < int(to); i++ {
		s.scores = append(s.scores, classify.Score{Label: int32(labels.GetValueIndex(i)), Confidence: confidences.Value(i)})
	}
	return nil
}

// Commit is nothing: all was handed on.
func (*Sink) Commit(context.Context, pipeline.Receipt) error { return nil }

// Prepare is nothing.
func (*Sink) Prepare(context.Context, int64) (pipeline.Receipt, error) { return nil, nil }

// Abort is nothing.
func (*Sink) Abort(context.Context) error { return nil }

// Close is nothing.
func (*Sink) Close() error { return nil }

// Describe says that records go nowhere.
func (*Sink) Describe() string { return "nowhere" }

// Guarantee is none: nothing is written.
func (*Sink) Guarantee() (pipeline.Guarantee, string) {
	return pipeline.AtMostOnce, "nothing is written"
}
