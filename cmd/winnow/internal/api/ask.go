package api

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// asking is what one request needs to get its texts answered. It is reused.
type asking struct {
	question question
	data     []byte  // the texts, one after the other
	offsets  []int32 // of the texts in data, and their end
	rows     []int32 // of the request's texts: its place among those that are asked for; -1: it has an error instead
	errs     []*fault.Error
	ages     []time.Duration
	results  classify.Results
	why      []pipeline.Reason // the words that moved the label of the one text; nil where it has none
}

var askings = sync.Pool{New: func() any { return new(asking) }}

func (a *asking) reset() {
	a.question = question{}
	a.data, a.offsets, a.rows, a.errs = a.data[:0], append(a.offsets[:0], 0), a.rows[:0], a.errs[:0]
	if cap(a.data) > keepBuffer {
		a.data = nil
	}
}

// add puts a text among those that are asked for.
func (a *asking) add(path string, value []byte) error {
	start := len(a.data)
	var err error
	if a.data, err = appendText(a.data, path, value); err != nil {
		return err
	}
	if len(bytes.TrimSpace(a.data[start:])) == 0 {
		a.data = a.data[:start]
		return fault.New(fault.TextBlank, "the text is empty or blank").At(fault.Where{Path: path})
	}
	a.rows = append(a.rows, int32(len(a.offsets)-1))
	a.offsets = append(a.offsets, int32(len(a.data)))
	return nil
}

// addAll puts a list of texts among those that are asked for. One that can't be is an error of its row.
func (a *asking) addAll(value []byte, most int) error {
	n := 0
	err := elements("texts", value, func(i int, v []byte) error {
		if n++; n > most {
			return nil
		}
		err := a.add("texts["+strconv.Itoa(i)+"]", v)
		if e, ok := fault.As(err); ok && e.Code == fault.TextBlank {
			a.rows, a.errs = append(a.rows, -1-int32(len(a.errs))), append(a.errs, e)
			return nil
		}
		return err
	})
	if err == nil && (n == 0 || n > most) {
		err = fault.New(fault.TextsRange, "there are %d texts, and from 1 to %d are allowed", n, most).At(fault.Where{Path: "texts"})
	}
	return err
}

// texts are the texts that are asked for, in place.
func (a *asking) texts() *array.String {
	data := array.NewData(arrow.BinaryTypes.String, len(a.offsets)-1, []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(a.offsets)), memory.NewBufferBytes(a.data),
	}, nil, 0, 0)
	defer data.Release()
	return array.NewStringData(data)
}

// age of the answer in a row of those that are asked for; cache.Fresh: it was not kept.
func (a *asking) age(row int) time.Duration {
	if len(a.ages) == 0 {
		return cache.Fresh
	}
	return a.ages[row]
}

// ask reads a request's body, and asks the classifier that it wants for its texts. The caller gives a back when its
// answer is written.
func (c *call) ask(b *body) (a *asking, k *compiled, err error) {
	if err := c.affordable(); err != nil {
		return nil, nil, err
	}
	data := buffer()
	defer recycle(data)
	limit := c.server.cfg.Limits.Body.Bytes()
	if err := c.read(data, limit); err != nil {
		return nil, nil, err
	}
	a = askings.Get().(*asking)
	a.reset()
	defer func() {
		if err != nil {
			askings.Put(a)
		}
	}()
	if err := a.question.parse(data.Bytes(), b); err != nil {
		return a, nil, err
	}
	defer func() { a.question = question{above: a.question.above, why: a.question.why, fast: a.question.fast} }() // the rest is the body's
	ctx, cancel := context.WithTimeout(c.r.Context(), c.server.cfg.Limits.Answer.Std())
	defer cancel()
	if k, err = c.server.compiler.get(ctx, c.who.Account, &a.question, b.mode); err != nil {
		return a, nil, c.unanswered(err)
	}
	a.question.fallBack(k)
	if b.many {
		err = a.addAll(a.question.texts, c.server.cfg.Limits.Texts)
	} else {
		err = a.add("text", a.question.text)
	}
	if err != nil {
		return a, nil, err
	}
	if err := c.classify(ctx, k, a); err != nil {
		return a, nil, err
	}
	if err := c.explain(ctx, k, a); err != nil {
		return a, nil, err
	}
	if err := c.bounded(a); err != nil {
		return a, nil, err
	}
	c.used(a, k)
	return a, k, nil
}

// classify fills a.results, out of what is kept where it may.
func (c *call) classify(ctx context.Context, k *compiled, a *asking) error {
	texts := a.texts()
	defer texts.Release()
	var err error
	if a.ages = a.ages[:0]; k.cached == nil {
		err = k.Classify(ctx, texts, &a.results)
	} else {
		for range texts.Len() {
			a.ages = append(a.ages, cache.Fresh)
		}
		err = k.cached.Answer(ctx, texts, &a.results, cache.Ask{Scope: c.who.Account, Refresh: a.question.fresh, Ages: a.ages})
	}
	return c.unanswered(err)
}

// explain fills a.why, where it is asked for. Explanations are not kept: they are made of the answer, old or new.
func (c *call) explain(ctx context.Context, k *compiled, a *asking) error {
	if a.why = nil; !a.question.why {
		return nil
	}
	x := classify.ExplainerOf(k.Classifier)
	if x == nil {
		return fault.New(fault.ExplainUnsupported, "the classifier does not say which words moved its scores").At(fault.Where{Path: "explain"})
	}
	texts := a.texts()
	defer texts.Release()
	var words classify.Explanations
	if err := x.Explain(ctx, texts, &a.results, explainWords, &words); err != nil {
		return c.unanswered(err)
	}
	if a.results.Label[0] >= 0 && a.results.Reason[0] == classify.Labelled {
		a.why = pipeline.ReasonsOf([]pipeline.Reason{}, texts.Value(0), words.Row(0), k.Info().Labels)
	}
	for i := range a.why {
		a.why[i].Label = "" // there is one
	}
	return nil
}

// unanswered codes why a classifier gave no answer: too late, or not to be asked.
func (c *call) unanswered(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.ClassifyTimeout, "the classifier did not answer within %s", c.server.cfg.Limits.Answer)
	}
	if e, ok := fault.As(err); ok && e.Code.Fate == fault.Transient {
		c.server.log.Warn().Err(err).Str("request_id", c.id).Msg("classifier unavailable")
		return fault.New(fault.ClassifyDown, "the classifier can't be asked now")
	}
	return err
}

// bounded holds the texts to the limit of tokens, and counts them.
func (c *call) bounded(a *asking) error {
	most := int32(c.server.cfg.Limits.Tokens)
	for row, n := range a.results.Tokens {
		if n > most {
			return fault.New(fault.TextTooLong, "text %d has %d tokens, and %d are allowed", row, n, most)
		}
	}
	c.server.metrics.answered(a)
	return nil
}

// headers tells of the one text of a request where its answer comes from.
func (a *asking) headers(c *call, k *compiled) {
	h := c.w.Header()
	if k.cached != nil {
		hit := "MISS"
		if d := a.age(0); d != cache.Fresh {
			hit = "HIT"
			h.Set("X-Cache-Age", strconv.FormatInt(int64(d/time.Second), 10))
		}
		h.Set("X-Cache", hit)
		h.Set("X-Cache-Key", a.key(k))
	}
	h.Set("X-Tokens-Used", strconv.Itoa(int(a.results.Tokens[0])))
}

// key is what X-Cache-Key says: 16 characters that tell answers apart.
func (a *asking) key(k *compiled) string {
	var d xxhash.Digest
	d.Reset()
	_, _ = d.WriteString(k.Info().Version) // it never fails
	_, _ = d.Write(a.data)
	const digits = "0123456789abcdef"
	var key [16]byte
	for i, sum := 15, d.Sum64(); i >= 0; i, sum = i-1, sum>>4 {
		key[i] = digits[sum&15]
	}
	return string(key[:])
}
