package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/plugins/host"
)

// Promise is one thing that a plugin is held to, in words that complete "the plugin …".
type Promise string

// What a classifier promises.
const (
	Starts     Promise = "starts, and is what its manifest says"
	Answers    Promise = "answers each text of a batch, whatever is in it"
	NoText     Promise = "gives a text that is null no label"
	Alone      Promise = "answers a text alike whatever other texts there are"
	AtOnce     Promise = "answers alike when it is asked several times at once"
	Large      Promise = "takes a batch of 8,192 texts, and a text of 1 MiB"
	Repeatable Promise = "answers alike after it is started again"
	Ends       Promise = "ends when it is asked to"
)

// Result is how a promise was kept.
type Result struct {
	Promise Promise
	Err     error // nil: it was kept
}

// texts are what a classifier has to take.
var texts = []string{
	"My card has not arrived yet!", "the app crashes whenever I open the settings", "", " ", "\t\r\n", "?", "😀", "\x00",
	"Où est ma carte ?", "我还没有收到我的新卡", "{\"text\": 1e400}", strings.Repeat("word ", 2000),
}

// Classifier checks every promise of a classifier and reports each as it is known. Where the plugin does not start, nothing
// more is known.
func Classifier(ctx context.Context, h *host.Host, cfg host.ClassifierConfig, report func(Result)) {
	k, err := h.Classifier(ctx, cfg)
	report(Result{Starts, err})
	if err != nil {
		return
	}
	c := &classifier{k: k}
	c.want, err = c.ask(ctx, column(texts...))
	report(Result{Answers, err})
	if err == nil {
		for _, check := range []struct {
			promise Promise
			f       func(context.Context) error
		}{
			{NoText, c.noText}, {Alone, c.alone}, {AtOnce, c.atOnce}, {Large, c.large},
		} {
			report(Result{check.promise, check.f(ctx)})
		}
		report(Result{Repeatable, c.repeatable(ctx, h, cfg)})
	}
	report(Result{Ends, k.Close()})
}

// classifier is a plugin under test, with its answers to texts.
type classifier struct {
	k    *host.Classifier
	want []answer
}

// answer is a row of results.
type answer struct {
	label      int32
	confidence float32
	reason     classify.Reason
	err        string
}

func (a answer) String() string {
	if a.err != "" {
		return "the error " + a.err
	}
	if a.label < 0 {
		return "no label"
	}
	return fmt.Sprintf("label %d with confidence %v", a.label, a.confidence)
}

func column(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}

func (c *classifier) ask(ctx context.Context, texts *array.String) ([]answer, error) {
	var out classify.Results
	if err := c.k.Classify(ctx, texts, &out); err != nil {
		return nil, err
	}
	all := make([]answer, out.Len())
	for i := range all {
		all[i] = answer{label: out.Label[i], confidence: out.Confidence[i], reason: out.Reason[i]}
	}
	for _, f := range out.Failures {
		all[f.Row].err = f.Err.Error()
	}
	return all, nil
}

// same compares answers with the first ones, for texts from a row on.
func (c *classifier) same(got []answer, from int) error {
	for i := range got {
		if w := c.want[from+i]; got[i] != w {
			return fmt.Errorf("%.40q gets %v, and got %v before", texts[from+i], got[i], w)
		}
	}
	return nil
}

func (c *classifier) noText(ctx context.Context) error {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendNull()
	b.Append(texts[0])
	got, err := c.ask(ctx, b.NewStringArray())
	if err != nil {
		return err
	}
	if got[0].label >= 0 || got[0].reason != classify.NullText || got[0].err != "" {
		return fmt.Errorf("it gets %v, and has to get no label, for the reason that there is no text", got[0])
	}
	return nil
}

func (c *classifier) alone(ctx context.Context) error {
	for i, text := range texts {
		got, err := c.ask(ctx, column(text))
		if err == nil {
			err = c.same(got, i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *classifier) atOnce(ctx context.Context) error {
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			got, err := c.ask(ctx, column(texts...))
			return errors.Join(err, c.same(got, 0))
		})
	}
	return g.Wait()
}

func (c *classifier) large(ctx context.Context) error {
	for _, batch := range [][]string{slices.Repeat(texts[:1], 8192), {strings.Repeat("many words ", 1<<20/11)}} {
		got, err := c.ask(ctx, column(batch...))
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(got, func(a answer) bool { return a.err != "" }); i >= 0 {
			return fmt.Errorf("row %d of %d gets %v", i, len(got), got[i])
		}
	}
	return nil
}

func (c *classifier) repeatable(ctx context.Context, h *host.Host, cfg host.ClassifierConfig) error {
	k, err := h.Classifier(ctx, cfg)
	if err != nil {
		return err
	}
	again := &classifier{k: k, want: c.want}
	got, err := again.ask(ctx, column(texts...))
	return errors.Join(err, again.same(got, 0))
}
