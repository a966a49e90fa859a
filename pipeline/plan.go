package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Plan is what a pipeline is going to do, known before the first record: what explain prints.
type Plan struct {
	Source  string   // one line about the source
	Format  string   // of its records
	Splits  []*Split // in the order of the output
	Columns []string // input columns that are read; empty when records pass as they came
	Raw     bool     // records are kept as they came
	Results []string // result columns under their final names
	// Classifier is what labels the records; nil where nothing does.
	Classifier *classify.Info
	Stages     []classify.Stage // of a cascade, in the order in which they are asked
	Guarantee  Guarantee
	Reason     string // for the guarantee, in one sentence
	Memory     int64  // bytes in flight at most
	Workers    int
	Sinks      []SinkPlan
	Notes      []string // what was detected or assumed

	layout     *Layout
	want       Projection
	names      map[string]string // result column → final name
	result     *resultColumns
	redactions []Redaction
	schema     *arrow.Schema // of Batch.Result; nil where nothing is classified or extracted
}

// SinkPlan is what one sink gets.
type SinkPlan struct {
	Name     string
	Describe string
	Gets     string
}

// Plan looks at the input and works out what the pipeline is going to do. It reads as little as that takes, and writes
// nothing.
func (p *Pipeline) Plan(ctx context.Context) (*Plan, error) {
	layout, splits, err := p.look(ctx)
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		Source: describe(p.cfg.Source), Format: layout.Format, Splits: splits, Memory: p.cfg.Memory,
		Workers: p.cfg.Workers, Notes: slices.Clone(layout.Notes), layout: layout,
	}
	plan.Notes = append(plan.Notes, p.cfg.Notes...)
	if err := p.planResults(plan); err != nil {
		return nil, err
	}
	if err := p.planColumns(plan); err != nil {
		return nil, err
	}
	p.planStages(plan)
	p.planGuarantee(plan)
	if asked := p.cfg.Guarantee; asked != "" && weaker(plan.Guarantee, asked) {
		return nil, fault.New(fault.ConfigWeak, "%s is asked for, and this pipeline gives %s: %s", asked, plan.Guarantee, plan.Reason).
			At(fault.Where{Path: "guarantee"})
	}
	p.planSinks(plan)
	return plan, nil
}

// Check works out the plan and sees whether the outputs are there, as far as they can tell without being opened. It comes
// instead of Run.
func (p *Pipeline) Check(ctx context.Context) (*Plan, error) {
	plan, err := p.Plan(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, s := range p.outputs() {
		if l, ok := s.Sink.(Looker); ok {
			errs = append(errs, l.Look(ctx, p.labels()))
		}
	}
	return plan, errors.Join(append(errs, p.close())...)
}

// labels are the classifier's; nil without one.
func (p *Pipeline) labels() []string {
	if p.cfg.Classifier == nil {
		return nil
	}
	return p.cfg.Classifier.Info().Labels
}

// look asks the source what there is. Its decoders meet the users' bytes here for the first time.
func (p *Pipeline) look(ctx context.Context) (layout *Layout, splits []*Split, err error) {
	defer recovered(&err, "the source")
	if layout, err = p.cfg.Source.Layout(ctx); err != nil {
		return nil, nil, err
	}
	splits, err = p.cfg.Source.Splits(ctx)
	return layout, splits, err
}

// planResults names the result columns so that none overwrites a field of the input.
func (p *Pipeline) planResults(plan *Plan) error {
	var columns []string
	var info classify.Info
	lists := false
	if p.cfg.Classifier != nil {
		info, lists = p.cfg.Classifier.Info(), givesLists(p.cfg.Classifier)
		plan.Classifier = &info
		plan.Notes = append(plan.Notes, info.Notes...)
		columns = []string{ResLabel, ResConfidence, ResTokens, ResClassifier}
	}
	if lists {
		columns = slices.Insert(columns, 2, ResLabels)
	}
	if p.cfg.Explain > 0 {
		columns = append(columns, ResExplanation)
	}
	if p.cfg.Keyphraser != nil {
		columns = append(columns, ResKeyphrases)
	}
	if p.cfg.Extractor != nil { // the last one: that is where it is looked for
		columns = append(columns, ResEntities)
	}
	plan.names = make(map[string]string, len(columns))
	taken := plan.layout.Names()
	for _, c := range columns {
		name := p.cfg.Prefix + c
		if p.cfg.Prefix == "" && slices.Contains(taken, c) {
			name = "predicted_" + c
			plan.Notes = append(plan.Notes, fmt.Sprintf("the input has a field %q: the result is written as %q", c, name))
		}
		if slices.Contains(taken, name) {
			return fault.New(fault.RecordFieldConflict, "the input has the fields %q and %q", c, name).
				WithFix("set prefix: (or --prefix) so that results get names of their own")
		}
		plan.names[c] = name
		plan.Results = append(plan.Results, name)
	}
	if p.cfg.Classifier != nil {
		plan.result = newResultColumns(info, lists, plan.names)
	}
	plan.schema = p.resultSchema(plan)
	return nil
}

// resultSchema is that of the columns that classification and extraction add; nil where there are none.
func (p *Pipeline) resultSchema(plan *Plan) *arrow.Schema {
	var fields []arrow.Field
	if plan.result != nil {
		fields = plan.result.schema.Fields()
	}
	if p.cfg.Explain > 0 {
		fields = append(slices.Clip(fields), explanationField(plan.names[ResExplanation], plan.result.lists))
	}
	if p.cfg.Keyphraser != nil {
		fields = append(slices.Clip(fields), keyphraseField(plan.names[ResKeyphrases]))
	}
	if x := p.cfg.Extractor; x != nil {
		fields = append(slices.Clip(fields), newEntityColumns(x.About()).field(plan.names[ResEntities]))
	}
	if len(fields) == 0 {
		return nil
	}
	return arrow.NewSchema(fields, nil)
}

// Lists is the capability of a single-mode classifier to give a list of its best labels beside the best one (top-k).
type Lists interface {
	Lists() bool
}

func givesLists(c classify.Classifier) bool {
	if l, ok := c.(Lists); ok {
		return l.Lists()
	}
	return c.Info().Mode == classify.Multi
}

// planColumns gathers what stages, router and sinks want to see.
func (p *Pipeline) planColumns(plan *Plan) error {
	layout, err := settleTypes(plan.layout, p.cfg.Stages)
	if err != nil {
		return err
	}
	plan.layout = layout
	if plan.want, err = p.project(layout, p.cfg.Stages, p.cfg.Router, plan.Results); err != nil {
		return err
	}
	for _, f := range plan.want.Columns {
		if f.Name != ColCells { // which are those of the sheet's columns
			plan.Columns = append(plan.Columns, f.Name)
		}
	}
	sort.Strings(plan.Columns)
	plan.Raw = plan.want.Raw
	plan.redactions, err = planRedactions(p.cfg.Redactors, layout)
	return err
}

// project is what has to be read for stages, router and sinks.
func (p *Pipeline) project(in *Layout, stages []Stage, router Router, results []string) (Projection, error) {
	wanted := map[string]arrow.Field{}
	need := func(fields []arrow.Field, err error) error {
		for _, f := range fields {
			if old, ok := wanted[f.Name]; !ok || IsJSONText(old) {
				wanted[f.Name] = f
			}
		}
		return err
	}
	for _, s := range stages {
		if err := need(s.Needs(in)); err != nil {
			return Projection{}, err
		}
	}
	if router != nil {
		if err := need(router.Needs(in)); err != nil {
			return Projection{}, err
		}
	}
	if p.cfg.Gold != "" {
		gold, err := in.Field(p.cfg.Gold)
		if err := need([]arrow.Field{gold}, err); err != nil {
			return Projection{}, err
		}
	}
	want := Projection{
		Rows: p.cfg.BatchRows, Bytes: p.cfg.BatchSize, MaxRecord: p.cfg.MaxRecord, Alloc: p.cfg.Alloc,
		Raw:  p.cfg.DeadLetters != nil && in.Raw != RawNone,
		Meta: p.cfg.DeadLetters != nil && p.streamer != nil, Traces: p.cfg.Tracer != nil,
	}
	for _, s := range p.cfg.Sinks {
		if r, ok := s.Sink.(Reserver); ok && in.Open {
			names, err := r.Reserves(in)
			if err != nil {
				return Projection{}, err
			}
			want.Reserved = append(want.Reserved, names...)
		}
		n := s.Sink.Need(in)
		want.Raw = want.Raw || n.Raw
		want.Meta = want.Meta || n.Meta
		_ = need(n.Fields, nil)
		if n.Columns {
			_ = need(in.Schema.Fields(), nil)
			want.Extra = want.Extra || in.Open
		}
	}
	for _, f := range wanted {
		want.Columns = append(want.Columns, f)
	}
	sortByLayout(in, want.Columns)
	if in.Open {
		want.Reserved = append(want.Reserved, results...)
	}
	return want, nil
}

// settleTypes makes strings of the columns of mixed values that a stage asks for as strings, for everybody who sees
// them. It returns the layout itself where there are none.
func settleTypes(in *Layout, stages []Stage) (*Layout, error) {
	fields := slices.Clone(in.Schema.Fields())
	settled := false
	for _, s := range stages {
		asked, err := s.Needs(in)
		if err != nil {
			return nil, err
		}
		for _, f := range asked {
			for _, at := range in.Schema.FieldIndices(f.Name) {
				if IsJSONText(fields[at]) && !IsJSONText(f) {
					fields[at], settled = f, true
				}
			}
		}
	}
	if !settled {
		return in, nil
	}
	layout := *in
	meta := layout.Schema.Metadata()
	layout.Schema = arrow.NewSchema(fields, &meta)
	return &layout, nil
}

// sortByLayout puts columns into the input's order; nested and unknown ones follow by name.
func sortByLayout(in *Layout, fields []arrow.Field) {
	place := func(name string) int {
		if i := in.Schema.FieldIndices(name); len(i) > 0 {
			return i[0]
		}
		return in.Schema.NumFields()
	}
	slices.SortFunc(fields, func(a, b arrow.Field) int {
		if d := place(a.Name) - place(b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// planGuarantee takes the weakest of what source, state and sinks can keep.
func (p *Pipeline) planGuarantee(plan *Plan) {
	switch {
	case p.cfg.Recorder != nil:
		plan.Guarantee, plan.Reason = p.cfg.Recorder.Guarantee()
	case p.streamer != nil:
		plan.Guarantee, plan.Reason = p.streamGuarantee()
	case !plan.layout.Replayable:
		plan.Guarantee, plan.Reason = AtMostOnce, "the source can be read only once, so nothing can be resumed"
		return
	case p.cfg.State == "":
		plan.Guarantee, plan.Reason = AtMostOnce, "no state is kept, so nothing can be resumed"
	default:
		plan.Guarantee = ExactlyOnce
		plan.Reason = "offsets, counters and output lengths are committed together, and the output is published once, at the end"
	}
	least := func(level Guarantee, why string) {
		if weaker(level, plan.Guarantee) {
			plan.Guarantee, plan.Reason = level, why
		}
	}
	for _, s := range p.outputs() {
		if g, ok := s.Sink.(Guarantor); ok {
			least(g.Guarantee())
		}
		if g, ok := s.Sink.(StreamGuarantor); ok && p.streamer != nil {
			least(g.StreamGuarantee())
		}
	}
}

// streamGuarantee is what the source's commits give, or sinks that do without them.
func (p *Pipeline) streamGuarantee() (Guarantee, string) {
	_, seeks := p.streamer.(Seeker)
	if _, all := p.resumers(); all && seeks {
		return ExactlyOnce, "each sink keeps how far it has the source, in one step with the records"
	}
	return p.streamer.Guarantee()
}

func weaker(a, b Guarantee) bool {
	rank := map[Guarantee]int{AtMostOnce: 0, AtLeastOnce: 1, ExactlyOnce: 2}
	return rank[a] < rank[b]
}

func (p *Pipeline) planSinks(plan *Plan) {
	for i, s := range p.outputs() {
		gets := "every record"
		switch {
		case s.Name == deadLettersName && i == len(p.cfg.Sinks):
			gets = "rejected records"
		case p.cfg.Router != nil:
			gets = "records routed to it"
			if r, ok := p.cfg.Router.(RouteDescriber); ok {
				gets = r.Gets(int16(i))
			}
		}
		if i < len(p.cfg.Redactors) && p.cfg.Redactors[i] != nil {
			gets += ", redacted"
		}
		plan.Sinks = append(plan.Sinks, SinkPlan{Name: s.Name, Describe: describe(s.Sink), Gets: gets})
	}
}

func describe(connector any) string {
	if d, ok := connector.(Describer); ok {
		return d.Describe()
	}
	return fmt.Sprintf("%T", connector)
}
