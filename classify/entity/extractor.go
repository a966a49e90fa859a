package entity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Config says what an Extractor finds.
type Config struct {
	// Finders find the spans. Of equally long ones that overlap, those of the finder that comes first win.
	Finders []Finder
	// Types are kept, the others are not, and compete with spans of their own finder alone. Empty: all that the finders have.
	Types []string
	// Cover makes of spans that overlap one, from where the first begins to where the last ends, of the type that would have
	// won. It is for what must not be seen: of those that lose nothing is left.
	Cover bool
	// MinConfidence is the confidence below which spans don't count; nil: each finder's own (Selective), else none.
	MinConfidence *float64
}

// Extractor puts finders together. It is immutable and safe for concurrent use.
type Extractor struct {
	finders []Finder
	cover   bool
	base    [][]int32 // by finder, then by its type: the rank of the type, which settles overlaps
	out     []int32   // by rank: the index of the type that is given; -1: it is not
	picky   []bool    // by finder: whether it has types that are not given
	least   []float32 // by finder: the confidence that spans need
	about   classify.ExtractorInfo
}

var _ classify.Extractor = (*Extractor)(nil)

// New puts finders together. An unknown type is an entities.type_unknown error.
func New(cfg Config) (*Extractor, error) {
	x := &Extractor{finders: cfg.Finders, cover: cfg.Cover}
	var names []string // by rank
	version := sha256.New()
	for _, f := range cfg.Finders {
		ranks := make([]int32, len(f.Types()))
		for i, name := range f.Types() {
			at := slices.Index(names, name)
			if at < 0 {
				at = len(names)
				names = append(names, name)
			}
			ranks[i] = int32(at)
		}
		x.base = append(x.base, ranks)
		fmt.Fprintln(version, f.Version())
		x.least = append(x.least, cfg.least(f))
		if d, ok := f.(Identifier); ok && d.HasIDs() {
			x.about.IDs = true
		}
	}
	kept := cfg.Types
	if len(kept) == 0 {
		kept = names
	}
	if err := CheckTypes(kept, names); err != nil {
		return nil, err
	}
	for _, name := range names {
		at := slices.Index(kept, name)
		if at >= 0 && !slices.Contains(x.about.Types, name) {
			x.out = append(x.out, int32(len(x.about.Types)))
			x.about.Types = append(x.about.Types, name)
			continue
		}
		x.out = append(x.out, -1)
	}
	for _, ranks := range x.base {
		x.picky = append(x.picky, slices.ContainsFunc(ranks, func(rank int32) bool { return x.out[rank] < 0 }))
	}
	fmt.Fprintln(version, x.about.Types, x.least, x.cover)
	x.about.Version = "entity-" + hex.EncodeToString(version.Sum(nil))[:12]
	return x, nil
}

// least is the confidence that a finder's spans need.
func (c *Config) least(f Finder) float32 {
	if c.MinConfidence != nil {
		return float32(*c.MinConfidence)
	}
	if s, ok := f.(Selective); ok {
		return float32(s.MinConfidence())
	}
	return 0
}

// CheckTypes refuses types that nothing finds.
func CheckTypes(asked, known []string) error {
	for _, name := range asked {
		if slices.Contains(known, name) {
			continue
		}
		guess := ""
		if near := fault.Nearest(name, known); near != "" {
			guess = fmt.Sprintf("; did you mean %q?", near)
		}
		return fault.New(fault.EntitiesType, "there is no type %q%s", name, guess).WithFix("the types are %s", strings.Join(known, ", "))
	}
	return nil
}

// About tells the types that are given.
func (x *Extractor) About() classify.ExtractorInfo { return x.about }

// Extract finds the spans of each text.
func (x *Extractor) Extract(ctx context.Context, texts *array.String, out *classify.Entities) error {
	out.Reset()
	for i := range texts.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if texts.IsValid(i) {
			out.Spans = x.Find(out.Spans, texts.Value(i))
		}
		out.End()
	}
	return nil
}

// Find appends the spans of one text, sorted and without overlaps. Their types are indexes into About().Types.
func (x *Extractor) Find(dst []Span, text string) []Span {
	if len(text) > math.MaxInt32 {
		return dst
	}
	from := len(dst)
	for i, f := range x.finders {
		mark := len(dst)
		dst = f.Find(dst, text)
		kept := dst[:mark]
		for _, s := range dst[mark:] {
			if s.Confidence >= x.least[i] && fits(s, text, len(x.base[i])) {
				s.Type = x.base[i][s.Type]
				kept = append(kept, s)
			}
		}
		if dst = kept; x.picky[i] {
			dst = x.given(dst, mark)
		}
	}
	dst = dst[:from+len(settle(dst[from:], x.cover))]
	for i := range dst[from:] {
		s := &dst[from+i]
		s.Type = x.out[s.Type]
	}
	return dst
}

// given leaves, of one finder's spans, those whose type is given and that do not lose to one whose type is not.
func (x *Extractor) given(dst []Span, from int) []Span {
	end := len(dst)
	dst = append(dst, dst[from:]...)
	won := settle(dst[end:], false)
	kept := dst[:from]
	for _, s := range dst[from:end] {
		if x.out[s.Type] >= 0 && !x.loses(s, won) {
			kept = append(kept, s)
		}
	}
	return kept
}

// loses reports whether a span overlaps one of those that won, which are in order, whose type is not given.
func (x *Extractor) loses(s Span, won []Span) bool {
	at, _ := slices.BinarySearchFunc(won, s.Start, func(w Span, start int32) int { return cmp.Compare(w.End, start+1) })
	for ; at < len(won) && won[at].Start < s.End; at++ {
		if x.out[won[at].Type] < 0 {
			return true
		}
	}
	return false
}

// fits holds a finder to its contract.
func fits(s Span, text string, types int) bool {
	return s.Start >= 0 && s.Start < s.End && int(s.End) <= len(text) && s.Type >= 0 && int(s.Type) < types &&
		s.Confidence <= 1 && boundary(text, int(s.Start)) && boundary(text, int(s.End))
}
