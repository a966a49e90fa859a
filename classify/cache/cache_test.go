package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/classify/classifytest"
	"github.com/winnow-stream/winnow/classify/static"
)

// counting counts the texts that reach a classifier, and fails those with "fail" in them.
type counting struct {
	classify.Classifier
	texts atomic.Int64
	err   error
}

func (c *counting) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	c.texts.Add(int64(texts.Len()))
	if c.err != nil {
		return c.err
	}
	if err := c.Classifier.Classify(ctx, texts, out); err != nil {
		return err
	}
	for row := range texts.Len() {
		if strings.Contains(texts.Value(row), "fail") {
			out.Fail(row, errors.New("failed"))
		}
	}
	return nil
}

func newStatic(t testing.TB, mode classify.Mode, topK int) *static.Classifier {
	t.Helper()
	c, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "bug"}, {Name: "praise"}}, Answers: classify.Answers{Mode: mode, TopK: topK}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newCache(t testing.TB, cfg cache.Config) *cache.Cache {
	t.Helper()
	c, err := cache.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func strs(texts ...string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(texts, nil)
	return b.NewStringArray()
}

func TestConformance(t *testing.T) {
	for name, inner := range map[string]*static.Classifier{
		"single": newStatic(t, classify.Single, 0), "top_k": newStatic(t, classify.Single, 2), "multi": newStatic(t, classify.Multi, 0),
	} {
		t.Run(name, func(t *testing.T) {
			shared := newCache(t, cache.Config{})
			classifytest.Run(t, func() classify.Classifier { return shared.Wrap(inner, "") })
		})
	}
}

func TestHits(t *testing.T) {
	inner := &counting{Classifier: newStatic(t, classify.Single, 0)}
	store := newCache(t, cache.Config{})
	c := store.Wrap(inner, "")
	var first, second classify.Results
	batch := strs("it crashes", "refund please", "it crashes", "will fail", "will fail")
	if err := c.Classify(t.Context(), batch, &first); err != nil {
		t.Fatal(err)
	}
	if n := inner.texts.Load(); n != 3 {
		t.Errorf("%d texts were asked for, want 3", n)
	}
	if len(first.Failures) != 2 || first.Failures[0].Row != 3 || first.Failures[1].Row != 4 {
		t.Errorf("failures %v", first.Failures)
	}
	if err := c.Classify(t.Context(), batch, &second); err != nil {
		t.Fatal(err)
	}
	if n := inner.texts.Load(); n != 4 {
		t.Errorf("%d texts were asked for, want 4: failures are not kept", n)
	}
	if diff := cmp.Diff(first.Label, second.Label); diff != "" {
		t.Errorf("answers differ\n%s", diff)
	}
	if s := store.Stats(); s.Hits != 2+4 || s.Misses != 3+1 || s.Entries != 2 || s.Bytes < 400 {
		t.Errorf("stats %+v", s)
	}
	// Another scope or version asks anew.
	if err := store.Wrap(inner, "account 2").Classify(t.Context(), batch, &second); err != nil || inner.texts.Load() != 7 {
		t.Errorf("another scope: %v, %d texts were asked for", err, inner.texts.Load())
	}
	if err := store.Wrap(&counting{Classifier: newStatic(t, classify.Multi, 0)}, "").Classify(t.Context(), batch, &second); err != nil || len(second.Ends) != 5 {
		t.Errorf("another version: %v, %d lists", err, len(second.Ends))
	}
}

// TestAnswer asks for ages, by scopes, and past what is kept.
func TestAnswer(t *testing.T) {
	inner := &counting{Classifier: newStatic(t, classify.Single, 0)}
	c := newCache(t, cache.Config{TTL: time.Hour}).Wrap(inner, "")
	batch := strs("it crashes", "refund please", "it crashes")
	for _, step := range []struct {
		name  string
		how   cache.Ask
		asked int64 // texts that reached the classifier so far
		kept  bool
	}{
		{"first", cache.Ask{}, 2, false},
		{"again", cache.Ask{}, 2, true},
		{"another scope", cache.Ask{Scope: "b"}, 4, false},
		{"refreshed", cache.Ask{Refresh: true}, 6, false},
		{"after that", cache.Ask{}, 6, true},
	} {
		var out classify.Results
		step.how.Ages = make([]time.Duration, batch.Len())
		if err := c.Answer(t.Context(), batch, &out, step.how); err != nil {
			t.Fatal(err)
		}
		if n := inner.texts.Load(); n != step.asked {
			t.Errorf("%s: %d texts were asked for, want %d", step.name, n, step.asked)
		}
		for row, age := range step.how.Ages {
			if kept := age != cache.Fresh; kept != step.kept || kept && (age < 0 || age > time.Minute) {
				t.Errorf("%s: row %d is %s old", step.name, row, age)
			}
		}
	}
	if _, err := cache.New(cache.Config{TTL: -1}); err == nil {
		t.Error("negative time: no error")
	}
}

// TestTTL lets an answer get old.
func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &counting{Classifier: newStatic(t, classify.Single, 0)}
		c := newCache(t, cache.Config{TTL: time.Hour}).Wrap(inner, "")
		var out classify.Results
		for _, step := range []struct {
			wait  time.Duration
			asked int64
		}{{0, 1}, {time.Hour, 1}, {time.Second, 2}, {time.Hour, 2}} {
			time.Sleep(step.wait)
			if err := c.Classify(t.Context(), strs("it crashes"), &out); err != nil || inner.texts.Load() != step.asked {
				t.Errorf("after another %s: %v, asked %d times, want %d", step.wait, err, inner.texts.Load(), step.asked)
			}
		}
	})
}

func TestErrors(t *testing.T) {
	inner := &counting{Classifier: newStatic(t, classify.Single, 0), err: errors.New("down")}
	c := newCache(t, cache.Config{}).Wrap(inner, "")
	var out classify.Results
	if err := c.Classify(t.Context(), strs("a"), &out); !errors.Is(err, inner.err) {
		t.Errorf("error %v", err)
	}
	inner.err = nil
	if err := c.Classify(t.Context(), strs("a"), &out); err != nil {
		t.Errorf("after an error: %v", err)
	}
	if _, err := cache.New(cache.Config{MaxBytes: -1}); err == nil {
		t.Error("negative size: no error")
	}
}

func TestBounds(t *testing.T) {
	inner := &counting{Classifier: newStatic(t, classify.Single, 0)}
	store := newCache(t, cache.Config{MaxBytes: 100_000, MaxTextBytes: 100})
	c := store.Wrap(inner, "")
	var out classify.Results
	long := strings.Repeat("card ", 100)
	for i := range 100 {
		var texts []string
		for j := range 100 {
			texts = append(texts, fmt.Sprintf("my card %d has not arrived %d", i, j))
		}
		if err := c.Classify(t.Context(), strs(append(texts, long)...), &out); err != nil {
			t.Fatal(err)
		}
	}
	if n := inner.texts.Load(); n != 100*101 {
		t.Errorf("%d texts were asked for, want all", n)
	}
	if s := store.Stats(); s.Bytes > 120_000 {
		t.Errorf("the cache holds %d bytes, want at most about 100,000", s.Bytes)
	}
}

// BenchmarkCache compares static alone with hits and misses in front of it: time a text.
func BenchmarkCache(b *testing.B) {
	inner := newStatic(b, classify.Single, 0)
	var hot []string
	for i := range 1000 {
		hot = append(hot, fmt.Sprintf("my card no. %d has not arrived yet, please advise", i))
	}
	batch := strs(hot...)
	run := func(name string, c classify.Classifier, next func(i int) *array.String) {
		b.Run(name, func(b *testing.B) {
			var out classify.Results
			i := 0
			for b.Loop() {
				b.StopTimer()
				texts := next(i)
				i++
				b.StartTimer()
				if err := c.Classify(b.Context(), texts, &out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(hot)), "ns/text")
		})
	}
	same := func(int) *array.String { return batch }
	run("static", inner, same)
	run("hits", newCache(b, cache.Config{}).Wrap(inner, ""), same)
	run("misses", newCache(b, cache.Config{}).Wrap(inner, ""), func(i int) *array.String {
		texts := make([]string, len(hot))
		for j, t := range hot {
			texts[j] = fmt.Sprint(t, i)
		}
		return strs(texts...)
	})
}

func Example() {
	inner, err := static.New(static.Config{Labels: classify.LabelSet{{Name: "billing"}, {Name: "bug"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := cache.New(cache.Config{MaxBytes: 16 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := store.Wrap(inner, "")
	var out classify.Results
	for range 3 {
		if err := c.Classify(context.Background(), strs("the app crashes at start"), &out); err != nil {
			fmt.Println(err)
			return
		}
	}
	s := store.Stats()
	fmt.Println(c.Info().Labels[out.Label[0]], s.Hits, "hits", s.Misses, "misses")
	// Output: bug 2 hits 1 misses
}
