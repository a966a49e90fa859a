package builtin

import (
	"slices"
	"testing"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// maxSize is what a classifier may add to the binary, in bytes.
const maxSize = 2 << 20

// TestAll reads everything that is compiled in, so that a file that was changed or forgotten is found.
func TestAll(t *testing.T) {
	cat, err := catalog.New(catalog.Config{Dir: t.TempDir(), Builtins: All()})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := cat.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
		for _, m := range e.Versions {
			v, err := cat.Resolve(m.Ref())
			if err != nil {
				t.Fatal(err)
			}
			if err := v.CheckWeights(); err != nil {
				t.Error(err)
			}
			size := int64(0)
			for _, w := range v.Weights {
				size += w.Size
			}
			if !v.Builtin || size > maxSize {
				t.Errorf("%s: built in %t, %d bytes", v.Ref(), v.Builtin, size)
			}
			metrics, err := catalog.ParseMetrics(v.Evaluation)
			if err != nil || metrics.Accuracy == nil || metrics.Rows == 0 {
				t.Errorf("%s: %+v, %v", v.Ref(), metrics, err)
			}
		}
	}
	want := []string{"intent", "job_postings", "language", "naics", "products", "sentiment", "spam", "topics"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

// TestNAICS counts the classification's levels: 96 subsectors of 20 sectors, three of which have a range of codes.
func TestNAICS(t *testing.T) {
	cat, err := catalog.New(catalog.Config{Dir: t.TempDir(), Builtins: All()})
	if err != nil {
		t.Fatal(err)
	}
	v, err := cat.Resolve("naics")
	if err != nil {
		t.Fatal(err)
	}
	range2 := map[string]string{"32": "31", "33": "31", "45": "44", "49": "48"}
	sectors := make(map[string]bool)
	for _, l := range v.Labels {
		code := l.Name[:2]
		if first, ok := range2[code]; ok {
			code = first
		}
		sectors[code] = true
	}
	if len(v.Labels) != 96 || len(sectors) != 20 {
		t.Errorf("%d subsectors of %d sectors", len(v.Labels), len(sectors))
	}
}
