package cache

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/classify"
)

// Classifier answers from the cache, and asks the classifier behind it for what is not there.
type Classifier struct {
	cache   *Cache
	inner   classify.Classifier
	info    classify.Info
	scope   string
	scratch sync.Pool // *scratch
}

// scratch is what one call needs.
type scratch struct {
	found  []*answer      // a row; nil where it was not in the cache
	asked  []int32        // a row: its place among the texts that are asked for, or -1
	places map[string]int // of texts that are asked for
	answer classify.Results
	now    time.Time // of the call
}

// Wrap puts the cache in front of a classifier. Answers are shared among classifiers of the same version and scope; a
// scope keeps, say, accounts apart.
func (c *Cache) Wrap(inner classify.Classifier, scope string) *Classifier {
	w := &Classifier{cache: c, inner: inner, info: inner.Info(), scope: scope}
	w.scratch.New = func() any { return &scratch{places: map[string]int{}} }
	return w
}

// Info is that of the classifier behind the cache.
func (c *Classifier) Info() classify.Info { return c.info }

// Fresh is the age of an answer that was asked for now.
const Fresh time.Duration = -1

// Ask is how one call uses the cache.
type Ask struct {
	// Scope keeps answers apart from those of other scopes.
	Scope string
	// Refresh asks for every text anew, and keeps the answers in place of those that there are.
	Refresh bool
	// Ages gets for each text how old its answer is, or Fresh; it is as long as the texts are many. Nil: nobody wants to
	// know.
	Ages []time.Duration
}

// Classify answers as the classifier behind the cache does; each text of a batch is asked for once at most.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	return c.Answer(ctx, texts, out, Ask{Scope: c.scope})
}

// Answer is Classify for a caller that says how the cache is used.
func (c *Classifier) Answer(ctx context.Context, texts *array.String, out *classify.Results, how Ask) error {
	out.Reset(texts.Len())
	s := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	s.now = time.Now()
	if err := c.ask(ctx, c.look(texts, s, &how), s); err != nil {
		return err
	}
	failed := make(map[int]error, len(s.answer.Failures))
	for _, f := range s.answer.Failures {
		failed[f.Row] = f.Err
	}
	lists := c.info.Mode == classify.Multi || len(s.answer.Ends) > 0
	for row, a := range s.found {
		switch place := s.asked[row]; {
		case a != nil:
			lists = lists || a.scores != nil
			a.write(row, out)
		case place < 0:
			out.Reason[row] = classify.NullText
		case failed[int(place)] != nil:
			out.Fail(row, failed[int(place)])
		default:
			a := fresh(int(place), &s.answer)
			a.stored = s.now
			c.keep(texts.Value(row), a, &how)
			a.write(row, out)
		}
		out.Ends = append(out.Ends, int32(len(out.Scores)))
	}
	if !lists {
		out.Ends = out.Ends[:0]
	}
	return nil
}

// look fills s with what the cache has and returns the texts that it has not. They refer to the batch's memory.
func (c *Classifier) look(texts *array.String, s *scratch, how *Ask) []string {
	s.found, s.asked = s.found[:0], s.asked[:0]
	clear(s.places)
	var missing []string
	hits := int64(0)
	for row := range texts.Len() {
		if how.Ages != nil {
			how.Ages[row] = Fresh
		}
		if texts.IsNull(row) {
			s.found, s.asked = append(s.found, nil), append(s.asked, -1)
			continue
		}
		text := texts.Value(row)
		if a, ok := c.kept(text, how, s.now); ok {
			hits++
			if how.Ages != nil {
				how.Ages[row] = max(s.now.Sub(a.stored), 0)
			}
			s.found, s.asked = append(s.found, a), append(s.asked, -1)
			continue
		}
		place, ok := s.places[text]
		if ok {
			hits++
		} else {
			place = len(missing)
			missing, s.places[text] = append(missing, text), place
		}
		s.found, s.asked = append(s.found, nil), append(s.asked, int32(place))
	}
	c.cache.hits.Add(hits)
	c.cache.misses.Add(int64(len(missing)))
	return missing
}

// ask fills s.answer with the answers to texts.
func (c *Classifier) ask(ctx context.Context, missing []string, s *scratch) error {
	defer clear(s.places) // its keys are the batch's memory
	if len(missing) == 0 {
		s.answer.Reset(0)
		return ctx.Err()
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(missing, nil)
	texts := b.NewStringArray()
	defer texts.Release()
	return c.inner.Classify(ctx, texts, &s.answer)
}

// kept is the answer that the cache has for a text, if it may be used.
func (c *Classifier) kept(text string, how *Ask, now time.Time) (*answer, bool) {
	if how.Refresh {
		return nil, false
	}
	a, ok := c.cache.store.GetIfPresent(key{c.info.Version, how.Scope, text})
	if ok && c.cache.ttl > 0 && now.Sub(a.stored) > c.cache.ttl {
		return nil, false
	}
	return a, ok
}

// keep stores an answer, unless its text is too long.
func (c *Classifier) keep(text string, a *answer, how *Ask) {
	if len(text) > c.cache.longest {
		return
	}
	k := key{c.info.Version, how.Scope, strings.Clone(text)}
	if how.Refresh || c.cache.ttl > 0 { // the one that there is may be old
		c.cache.store.Set(k, a)
		return
	}
	c.cache.store.SetIfAbsent(k, a)
}

// fresh copies a row. A list that is empty stays apart from no list.
func fresh(row int, r *classify.Results) *answer {
	a := &answer{label: r.Label[row], confidence: r.Confidence[row], reason: r.Reason[row], tokens: r.Tokens[row]}
	if len(r.Ends) > 0 {
		a.scores = append([]classify.Score{}, r.RowScores(row)...)
	}
	return a
}

func (a *answer) write(row int, out *classify.Results) {
	out.Label[row], out.Confidence[row], out.Reason[row], out.Tokens[row] = a.label, a.confidence, a.reason, a.tokens
	out.Scores = append(out.Scores, a.scores...)
}

var _ classify.Classifier = (*Classifier)(nil)
