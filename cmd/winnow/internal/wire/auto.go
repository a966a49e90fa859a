package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cascade"
	"github.com/winnow-stream/winnow/classify/encoder"
	"github.com/winnow-stream/winnow/classify/eval"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/answer"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

const (
	// autoConfidence is what the static backend must be sure of where no labelled records say better. On both halves of the
	// five intent sets the cascade's accuracy is then within half a point of the encoder's, and 51 to 80 % of the texts go on.
	autoConfidence = 0.9
	// autoShare is the largest of these shares, for estimates of speed.
	autoShare = 0.8
	// autoLoss is the expected loss that a confidence is chosen for by labelled records: with 200 of them what is lost is then
	// below half a point on average over draws, for each of the sets (decision 0015).
	autoLoss = 0.003
	// smallInput is up to how many bytes of input files the encoder answers alone: some thousands of short texts, seconds of
	// work.
	smallInput = 256 << 10
	// smallLimit is the same for --limit and limit:, in records.
	smallLimit = 2000
	// autoSample is how many labelled records are looked at, and autoLeast how many are needed to say anything.
	autoSample, autoLeast = 1000, 50
	// autoName is what the choice is remembered by in a run's state.
	autoName = "backend: auto"
)

// autoChoice is what backend: auto came to, and why. A run's state keeps it, so that a continued run answers alike.
type autoChoice struct {
	Backend    string  `json:"backend"`              // static, encoder, or cascade
	Confidence float64 `json:"confidence,omitempty"` // of a cascade's first stage
	Why        string  `json:"why"`
}

// Settle is a spec with what its backend: auto comes to in its place, and a note that says why; any other comes back as it
// is. It may run the encoder: on the labelled records that the spec names, or to see how fast it is here.
func Settle(ctx context.Context, s *spec.Spec, o Options) (with *spec.Spec, note string, err error) {
	with, choice, err := o.settle(ctx, s)
	if choice == nil {
		return with, "", err
	}
	return with, choice.note(), err
}

func (c *autoChoice) note() string { return "backend auto is " + c.words() + ": " + c.Why }

func (c *autoChoice) words() string {
	if c.Backend == backendCascade {
		return fmt.Sprintf("static, and encoder below confidence %g", c.Confidence)
	}
	return c.Backend
}

// settle is Settle with the choice; nil where there was nothing to choose.
func (o *Options) settle(ctx context.Context, s *spec.Spec) (*spec.Spec, *autoChoice, error) {
	if s.Classify == nil || s.Classify.Backend != spec.Auto || s.Classify.Classifier != "" {
		return s, nil, nil
	}
	choice := new(autoChoice)
	if then := o.begunWith(autoName); then != "" && json.Unmarshal([]byte(then), choice) == nil {
		choice.Why = strings.TrimSuffix(choice.Why, sinceBegun) + sinceBegun
	} else if err := o.choose(ctx, s, choice); err != nil {
		return nil, nil, inSpec(s, err, "classify.backend")
	}
	with := *s
	with.Classify = choice.apply(s.Classify)
	return &with, choice, nil
}

// pinAuto is settle for a run that may have begun before: it goes on with the choice that it began with.
func (o *Options) pinAuto(s *spec.Spec, cfg *pipeline.Config) (*spec.Spec, error) {
	s, choice, err := o.settle(context.Background(), s)
	if choice == nil || err != nil {
		return s, err
	}
	cfg.Notes = append(cfg.Notes, choice.note())
	data, err := json.Marshal(choice)
	if err != nil {
		return nil, err
	}
	if cfg.Resolved == nil {
		cfg.Resolved = make(map[string]string)
	}
	cfg.Resolved[autoName] = string(data)
	return s, nil
}

const sinceBegun = ", as when the run began"

// apply is a classifier as the choice has it. The model is the encoder's.
func (c *autoChoice) apply(k *spec.Classify) *spec.Classify {
	with := *k
	with.Backend, with.Calibrate, with.MinRate = "", "", 0
	switch c.Backend {
	case backendStatic:
		with.Backend, with.Model = backendStatic, ""
	case backendEncoder:
		with.Backend = backendEncoder
	default:
		with.Model = ""
		with.Cascade = []spec.CascadeStage{{Backend: backendStatic, Confidence: &c.Confidence}, {Backend: backendEncoder, Model: k.Model}}
	}
	return &with
}

// autoClassifier is what backend: auto comes to where nothing is known of the input.
func autoClassifier(k *spec.Classify) (classify.Classifier, error) {
	c := autoChoice{Backend: backendCascade, Confidence: autoConfidence}
	return maker{}.classifier(c.apply(k))
}

// choose decides by the input's size, the rate that is asked for, and labelled records where there are any.
func (o *Options) choose(ctx context.Context, s *spec.Spec, c *autoChoice) error {
	k := s.Classify
	most, rate := 1.0, 0.0 // the share that may go on
	if k.MinRate > 0 {
		e, err := encoderOf(k.Model)
		if err != nil {
			return err
		}
		if rate, err = encoderRate(ctx, e); err != nil {
			return err
		}
		most = min(rate/k.MinRate, 1)
	}
	if small, why := o.small(s); small && most == 1 {
		*c = autoChoice{Backend: backendEncoder, Why: why}
		return nil
	}
	*c = autoChoice{Backend: backendCascade, Confidence: autoConfidence, Why: "no labelled records say which confidence is enough"}
	share := autoShare
	if k.Calibrate != "" {
		curve, n, err := o.calibrate(ctx, s)
		switch {
		case err != nil:
			return err
		case n < autoLeast:
			c.Why = fmt.Sprintf("%d labelled records are too few to say which confidence is enough", n)
		default:
			p := affordable(curve, most)
			c.Confidence, share = p.Confidence, p.Share
			side := "below"
			if p.Loss < 0 {
				side = "above"
			}
			c.Why = fmt.Sprintf("of %d labelled records %.0f %% go on, and the accuracy is expected to be %.2f points %s the encoder's", n, 100*p.Share, 100*math.Abs(p.Loss), side)
		}
	}
	if share > most {
		*c = autoChoice{Backend: backendStatic, Why: fmt.Sprintf("min_rate asks for %g records a second, and the encoder labels %.0f here", k.MinRate, rate)}
	}
	return nil
}

// small says whether the encoder alone is soon done.
func (o *Options) small(s *spec.Spec) (bool, string) {
	limit := s.Limit
	if o.Limit > 0 {
		limit = o.Limit
	}
	if limit > 0 && limit <= smallLimit {
		return true, fmt.Sprintf("at most %d records are read", limit)
	}
	if s.Source.Kind != kindFile && s.Source.Kind != kindParquet || slices.Contains(paths(s.Source.Config), "-") {
		return false, ""
	}
	var size int64
	files := InputFiles(s)
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return false, ""
		}
		size += info.Size()
	}
	return len(files) > 0 && size <= smallInput, fmt.Sprintf("the input is small (%d KiB)", (size+1023)>>10)
}

// affordable is the point that is expected to lose little; where more would go on than may, the last that does not.
func affordable(curve *cascade.Curve, most float64) cascade.Point {
	p := curve.Expect(autoLoss)
	for _, cheaper := range slices.Backward(curve.Points()) {
		if p.Share <= most {
			break
		}
		if cheaper.Share < p.Share {
			p = cheaper
		}
	}
	return p
}

// calibrate lets both backends answer labelled records.
func (o *Options) calibrate(ctx context.Context, s *spec.Spec) (*cascade.Curve, int, error) {
	k := s.Classify
	texts, gold, err := o.labelled(ctx, s)
	if err != nil {
		return nil, 0, err
	}
	defer texts.Release()
	var results [2]classify.Results
	var names []string // the same of both
	for i, backend := range []string{backendStatic, backendEncoder} {
		alone := autoChoice{Backend: backend}
		stage := alone.apply(k)
		stage.Abstain, stage.TopK = 0, 0
		c, err := o.maker().classifier(stage)
		if err != nil {
			return nil, 0, err
		}
		if err := c.Classify(ctx, texts, &results[i]); err != nil {
			return nil, 0, err
		}
		names = c.Info().Labels
	}
	right := func(i, row int) bool {
		label := results[i].Label[row]
		return label >= 0 && slices.Contains(gold[row], names[label])
	}
	outcomes := make([]cascade.Outcome, len(gold))
	for row := range outcomes {
		first := results[0].Label[row]
		outcomes[row] = cascade.Outcome{
			Confidence: results[0].Confidence[row], Null: first < 0, First: right(0, row), Second: right(1, row),
			Same: first == results[1].Label[row],
		}
	}
	curve, err := cascade.NewCurve(outcomes)
	return curve, len(outcomes), err
}

// labelled reads the records that calibrate names: their texts as the spec makes them, and their labels from the gold column.
func (o *Options) labelled(ctx context.Context, s *spec.Spec) (texts *array.String, gold [][]string, err error) {
	path, column := s.Classify.Calibrate, s.Gold
	if column == "" {
		column = "label"
	}
	in := Simple{Inputs: []string{path}, Text: s.Text.Text, Examples: true}
	sample, err := in.Spec()
	if err != nil {
		return nil, nil, err
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	sink := answer.NewSink(answer.Config{Gold: column, Add: func(r *eval.Row) error {
		if len(r.Gold) > 0 && strings.TrimSpace(r.Text) != "" {
			b.Append(r.Text)
			labels := make([]string, len(r.Gold))
			for i, l := range r.Gold {
				labels[i] = strings.Clone(l)
			}
			gold = append(gold, labels)
		}
		return nil
	}})
	p, err := Build(sample, Options{Sink: sink, Examples: column, Limit: autoSample, FS: o.FS, Log: o.Log})
	if err != nil {
		return nil, nil, err
	}
	if _, err := p.Run(ctx); err != nil {
		return nil, nil, err
	}
	if len(gold) == 0 {
		return nil, nil, fault.New(fault.EvalEmpty, "no record has a text and a label in %q to calibrate by", column).
			At(fault.Where{File: path}).WithFix("name the column with the labels: gold: COLUMN, or --gold COLUMN")
	}
	return b.NewStringArray(), gold, nil
}

// rateTexts is how many texts the encoder's speed is taken with: a fifth of a second of a core.
const rateTexts = 128

// encoderRate is how many texts of 16 tokens an encoder makes vectors of in a second here, on all of its threads.
func encoderRate(ctx context.Context, e *encoder.Encoder) (float64, error) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	for range rateTexts {
		b.Append("the parcel came late and the invoice is wrong, so please send my money back")
	}
	texts := b.NewStringArray()
	defer texts.Release()
	v := new(encoder.Vectors)
	best := time.Duration(math.MaxInt64) // the first round also reads the weights
	for range 2 {
		start := time.Now()
		if err := e.Encode(ctx, texts, v); err != nil {
			return 0, err
		}
		best = min(best, time.Since(start))
	}
	return rateTexts / best.Seconds(), nil
}
