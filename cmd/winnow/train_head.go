package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/fit"
	"github.com/winnow-stream/winnow/classify/linear/head"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The heads that winnow train knows.
const (
	headAuto     = "auto"
	headLinear   = "linear"   // winnow's own
	headFastText = "fasttext" // fastText's supervised model
)

// backendStatic is the backend whose vectors a head is trained on by default.
const backendStatic = "static"

// headFlags choose what is trained.
type headFlags struct {
	Backend    string        `group:"head" enum:"static,encoder" default:"static" placeholder:"NAME" help:"Whose vectors of texts winnow's own head learns from. static: microseconds a text. encoder: better with few examples a label, a thousand times as slow."`
	Model      string        `group:"head" placeholder:"PATH" help:"With --backend encoder, the folder of an encoder of your own; it is saved too."`
	Head       string        `group:"head" enum:"auto,linear,fasttext" default:"auto" placeholder:"HEAD" help:"linear: winnow's own, on static vectors and n-grams. fasttext: fastText's supervised model. auto: the better one by cross-validation."`
	Autotune   time.Duration `group:"head" placeholder:"1m" help:"With --head fasttext, look so long for the parameters that are not given. Default: 1m where none is."`
	Dim        int           `group:"head" placeholder:"100" help:"With --head fasttext, components of a word's vector."`
	Epoch      int           `group:"head" placeholder:"5" help:"With --head fasttext, times that each record is seen."`
	LR         float64       `group:"head" name:"lr" placeholder:"0.1" help:"With --head fasttext, the learning rate to begin with."`
	WordNgrams int           `group:"head" placeholder:"1" help:"With --head fasttext, words in the longest n-gram of words."`
	MinN       *int          `group:"head" name:"minn" placeholder:"0" help:"With --head fasttext, characters in the shortest n-gram of a word."`
	MaxN       *int          `group:"head" name:"maxn" placeholder:"0" help:"With --head fasttext, characters in the longest; 0 is none."`
	Bucket     *int          `group:"head" placeholder:"2000000" help:"With --head fasttext, rows that all n-grams share."`
	Quantize   bool          `group:"head" help:"With --head fasttext, make the model several times as small, at the price of a little accuracy."`
}

// fixed says whether a parameter of a fastText model was given.
func (f *headFlags) fixed() bool {
	return f.Dim != 0 || f.Epoch != 0 || f.LR != 0 || f.WordNgrams != 0 || f.MinN != nil || f.MaxN != nil || f.Bucket != nil
}

// check refuses flags that don't go together.
func (f *headFlags) check(c *trainCmd) error {
	switch {
	case f.Head == headFastText && f.Backend != backendStatic:
		return fault.New(fault.Usage, "--head fasttext learns its own vectors, and --backend is %s", f.Backend).WithFix("leave one of them out")
	case f.Head != headFastText && (f.fixed() || f.Quantize || f.Autotune != 0):
		return fault.New(fault.Usage, "parameters of a fastText model, and --head is %s", f.Head).WithFix("add --head fasttext, or leave them out")
	case f.Head == headFastText && (c.Balanced || len(c.Weight) > 0 || len(c.Describe) > 0):
		return fault.New(fault.Usage, "--balanced, --weight and --describe have no meaning with --head fasttext").WithFix("leave them out")
	case f.Autotune < 0:
		return fault.New(fault.Usage, "--autotune %v is below 0", f.Autotune)
	}
	return nil
}

// defaultTune is how long parameters of a fastText model are looked for.
const defaultTune = time.Minute

// config is the training of a fastText model that the flags ask for.
func (f *headFlags) config(c *trainCmd, cfg head.Config) fit.Config {
	out := fit.Config{
		Tune: f.Autotune, Mode: cfg.Mode, Labels: cfg.Labels.Names(), Quantize: f.Quantize, Seed: cfg.Seed, Workers: cfg.Workers,
	}
	p := &out.Parameters
	p.Dim, p.Epoch, p.LR, p.WordNgrams = f.Dim, f.Epoch, f.LR, f.WordNgrams
	for name, v := range map[string]struct {
		given *int
		to    *int
	}{"minn": {f.MinN, &p.MinN}, "maxn": {f.MaxN, &p.MaxN}, "bucket": {f.Bucket, &p.Bucket}} {
		if v.given == nil {
			continue
		}
		if *v.to = *v.given; *v.to == 0 {
			out.Keep = append(out.Keep, name)
		}
	}
	slices.Sort(out.Keep)
	if out.Tune == 0 && !f.fixed() {
		out.Tune = defaultTune
	}
	if c.Budget > 0 {
		out.Tune = min(out.Tune, c.Budget)
	}
	return out
}

// learn trains the head that was asked for, or the better one.
func (r *lesson) learn(ctx context.Context, cfg head.Config) (*term.Training, error) {
	if r.cmd.Head == headFastText {
		m, report, err := r.fastText(ctx, r.cmd.headFlags.config(r.cmd, cfg))
		if err != nil {
			return nil, err
		}
		return r.fastTextTraining(m, report, cfg)
	}
	t, err := r.linear(ctx, cfg)
	if err != nil {
		return nil, err
	}
	t.Heads = []term.Head{{Name: headLinear, Accuracy: t.Accuracy, Tested: t.Tested, Took: t.Took, Features: r.features(t.Report)}}
	if r.cmd.Head == headLinear {
		return t, nil
	}
	if why := r.unsuited(cfg, t.Report); why != "" {
		t.Heads = append(t.Heads, term.Head{Name: headFastText, Skipped: why})
		return t, nil
	}
	return r.challenge(ctx, cfg, t)
}

// features says what winnow's own head learnt from.
func (r *lesson) features(report *head.Report) string {
	if !report.Vectors {
		return "n-grams alone, as there are so many records"
	}
	return "n-grams and vectors of " + r.cmd.Backend
}

const (
	// fewEach is up to how many records a label, on average, a fastText model is not tried. It knows no word but those of
	// the records, and was 5 to 42 points behind (decision 0016).
	fewEach = 40
	// mostWork bounds records × labels × the times that each record is seen, to which the time of a fastText model's
	// training is proportional.
	mostWork = 200_000_000
	// mostRecords bounds the memory of the comparison, which keeps all texts and trains two models at once: some 2 KB a record
	// where each has a word of its own, which for more records would come near 1 GiB.
	mostRecords = 250_000
)

// unsuited says why a fastText model is not tried: it could not be better, can't be compared, or would take too long. Empty:
// it is tried.
func (r *lesson) unsuited(cfg head.Config, report *head.Report) string {
	switch work := report.Used * report.Labels * fit.Candidates(report.Used)[0].Epoch; {
	case r.cmd.Backend != backendStatic:
		return "it learns no vectors of the encoder"
	case cfg.Mode == classify.Multi:
		return "texts may have several labels"
	case cfg.Balanced || len(cfg.Weights) > 0:
		return "it weighs no labels"
	case len(report.Empty) > 0:
		return "there are labels without records"
	case report.Used <= fewEach*report.Labels:
		return fmt.Sprintf("%d records a label are too few for it", fewEach)
	case slices.Contains(r.cmd.Input, "-"):
		return "standard input can't be read again"
	case int64(report.Used) < report.Rows:
		return "records had to be left out for want of memory"
	case work > mostWork || report.Used > mostRecords:
		return "it would take too long or too much memory"
	case cfg.Budget > 0 && report.Took >= cfg.Budget:
		return "--budget is spent"
	}
	return ""
}

// challenge trains a fastText model where that is better than what was trained, by more than chance.
func (r *lesson) challenge(ctx context.Context, cfg head.Config, t *term.Training) (*term.Training, error) {
	other := newLesson(r.cmd, r.main)
	fc := r.cmd.headFlags.config(r.cmd, cfg)
	fc.Candidates = fit.Candidates(t.Used)
	tested := float64(t.Tested)
	fc.Least = t.Accuracy + 2*math.Sqrt(t.Accuracy*(1-t.Accuracy)/tested) + 1/tested
	m, report, err := other.fastText(ctx, fc)
	var failed *fault.Error
	switch {
	case errors.Is(err, fit.ErrBeaten):
		q := report.Quality
		t.Heads = append(t.Heads, term.Head{Name: headFastText, Accuracy: known(q.Accuracy), Tested: int(q.Rows), Took: report.Took})
		return t, nil
	case errors.As(err, &failed) && failed.Code != fault.RunInterrupted:
		t.Heads = append(t.Heads, term.Head{Name: headFastText, Failed: failed.Error()})
		return t, nil
	case err != nil:
		return nil, err
	}
	won, err := other.fastTextTraining(m, report, cfg)
	if err != nil {
		return nil, err
	}
	r.draft = other.draft
	won.Heads = append(won.Heads, t.Heads...)
	return won, nil
}

// modeOf is the mode of a training.
func modeOf(cfg head.Config) classify.Mode { return cmp.Or(cfg.Mode, classify.Single) }
