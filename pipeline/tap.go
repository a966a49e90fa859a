package pipeline

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const (
	tapRate   = 5       // samples a second by default
	tapBuffer = 64      // samples that wait for a reader; what comes then is missed
	tapText   = 4 << 10 // bytes of a text or a record that a sample holds
)

// Sample is one delivered record as a tap sees it.
type Sample struct {
	Time       time.Time `json:"time"` // when it was delivered
	Split      string    `json:"split"`
	Offset     int64     `json:"offset"`
	Sink       string    `json:"sink"`
	Label      string    `json:"label,omitempty"` // empty: null, or nothing is classified
	Confidence float32   `json:"confidence,omitempty"`
	Text       string    `json:"text,omitempty"`   // what was classified; its first 4 KiB
	Record     string    `json:"record,omitempty"` // as it came, where it is kept; its first 4 KiB
	// Missed is how many samples were lost before this one, since nobody took them in time.
	Missed int64 `json:"missed,omitempty"`
}

// TapOptions choose what a tap samples.
type TapOptions struct {
	Rate  float64 `json:"rate,omitempty"`  // samples a second at most; default 5
	Label string  `json:"label,omitempty"` // only records with this label; empty: all
}

// Tap samples delivered records at random until ctx or the run ends, which closes the channel. It slows nothing: without
// taps it costs a load a batch, and a sample that is not taken in time is lost.
func (p *Pipeline) Tap(ctx context.Context, o TapOptions) <-chan Sample { return p.taps.add(ctx, o) }

// taps are the pipeline's open taps.
type taps struct {
	open  atomic.Int32
	mu    sync.Mutex
	list  []*tap // guarded by mu
	ended bool   // guarded by mu
}

// tap is a token bucket in front of a channel. The lock of taps guards it, so that only who holds that sends and closes.
type tap struct {
	TapOptions
	out    chan Sample
	tokens float64
	filled time.Time
	missed int64
}

func (t *taps) add(ctx context.Context, o TapOptions) <-chan Sample {
	if o.Rate <= 0 {
		o.Rate = tapRate
	}
	n := &tap{TapOptions: o, out: make(chan Sample, tapBuffer), tokens: 1, filled: time.Now()}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || ctx.Err() != nil {
		close(n.out)
		return n.out
	}
	t.list = append(t.list, n)
	t.open.Store(int32(len(t.list)))
	context.AfterFunc(ctx, func() { t.remove(n) })
	return n.out
}

func (t *taps) remove(n *tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.list, n); i >= 0 {
		t.list = slices.Delete(t.list, i, i+1)
		t.open.Store(int32(len(t.list)))
		close(n.out)
	}
}

func (t *taps) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.list {
		close(n.out)
	}
	t.list, t.ended = nil, true
	t.open.Store(0)
}

// sample shows a written batch to the taps. The writer calls it.
func (t *taps) sample(b *Batch) {
	if t.open.Load() == 0 || b.Len() == 0 {
		return
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.list {
		n.sample(now, b)
	}
}

// sample takes rows of a batch from a random one on, at even distances, as long as there are tokens.
func (t *tap) sample(now time.Time, b *Batch) {
	t.tokens = min(t.tokens+t.Rate*now.Sub(t.filled).Seconds(), max(t.Rate/5, 1))
	t.filled = now
	if t.tokens < 1 {
		return
	}
	label := int32(-1)
	if t.Label != "" {
		if label = int32(slices.Index(b.gen.proto.labels, t.Label)); label < 0 || b.Labels == nil {
			return
		}
	}
	rows := b.Len()
	start, step := rand.IntN(rows), 1
	if label < 0 {
		step = max(rows/int(t.tokens), 1)
	}
	for i := 0; i < rows && t.tokens >= 1; i += step {
		row := (start + i) % rows
		if !b.Live(row) || label >= 0 && b.Labels[row] != label {
			continue
		}
		t.tokens--
		t.send(b.sample(now, row))
	}
}

func (t *tap) send(s Sample) {
	s.Missed = t.missed
	select {
	case t.out <- s:
		t.missed = 0
	default:
		t.missed++
	}
}

// sample copies what a tap shows of a row.
func (b *Batch) sample(now time.Time, row int) Sample {
	s := Sample{Time: now, Split: b.Split.ID, Offset: b.Offsets()[row], Sink: b.Sink(row)}
	seen := b // as its sink sees it
	for _, v := range b.views {
		if v.gets(row) {
			seen = v
			break
		}
	}
	s.Label, s.Confidence = b.Label(row)
	s.Text, s.Record = clip(TextAt(seen.Column(ColText), row)), clip(seen.Raw(row))
	return s
}

// TextAt is a row of a column of texts; empty where it has none.
func TextAt(col arrow.Array, row int) string {
	switch c := col.(type) {
	case *array.String:
		if c.IsValid(row) {
			return c.Value(row)
		}
	case *array.Dictionary:
		if c.IsValid(row) {
			return TextAt(c.Dictionary(), c.GetValueIndex(row))
		}
	}
	return ""
}

// clip copies the beginning of a text, without cutting a character.
func clip[T string | []byte](text T) string {
	if len(text) <= tapText {
		return strings.Clone(string(text))
	}
	s := string(text[:tapText])
	for cut := 1; cut < utf8.UTFMax; cut++ {
		if tail := s[len(s)-cut:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return s[:len(s)-cut]
			}
			break
		}
	}
	return s
}
