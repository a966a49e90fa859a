package expr

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// FuzzExpression compiles any text as a text, a filter and a rule, and runs what compiles: no panic, no error without a
// code, and the predicate agrees with the program.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"subject", "Review Text", `subject + "\n" + body`, `lang == "en"`, `lang in ["en", "de"] and not paid`, `label == "bug" && confidence > 0.8`,
		`any(labels, .label == "bug")`, `record.label`, `record["Review Text"]`, `let x = subject; x + x`, `user?.name ?? "x"`, `stars > 3 ? "a" : body`,
		`filter(1..3, # > stars)`, `{"a": subject}.a`, `subject[0:1]`, `$env`, `subject | upper()`, `map(split(body, ""), upper(#))`, `-stars >= -2`,
		`stars % 0`, `"a" matches subject`, `now()`, `toJSON(record.label)`, `reduce([1], # + stars)`, `score == 1e309`, `subject.foo.bar`,
	} {
		f.Add(seed)
	}
	in := sample().layout()
	open := sample().layout()
	open.Open = true
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 {
			return
		}
		c := code(text)
		coded := func(err error) bool {
			if err != nil && fault.FateOf(err) == fault.Fatal {
				if e, ok := fault.As(err); !ok || e.Code == fault.Internal {
					t.Fatalf("an error without a code: %v", err)
				}
			}
			return err == nil
		}
		coded(CheckText(c))
		coded(CheckFilter(c))
		coded(CheckRule(c, labels))
		_, err := FieldsOf(c)
		coded(err)
		for _, layout := range []bool{false, true} {
			in := in
			if layout {
				in = open
			}
			s := NewText(c, nil)
			if _, err := s.Needs(in); coded(err) && !layout { // a batch of an open layout would have the fields
				coded(s.Process(ctx, sample().batch(memory.NewGoAllocator())))
			}
			fl := NewFilter(c)
			if _, err := fl.Needs(in); coded(err) {
				fast, slow := sample().batch(memory.NewGoAllocator()), sample().batch(memory.NewGoAllocator())
				coded(fl.Process(ctx, fast))
				if fl.when.fast != nil {
					fl.when.fast = nil
					coded(fl.Process(ctx, slow))
					for i, o := range outcome(slow) {
						if outcome(fast)[i] != o {
							t.Fatalf("row %d: predicate %s, program %s", i, outcome(fast)[i], o)
						}
					}
				}
			}
			r := NewRoute([]Rule{{c, 0}}, 1, labels)
			if _, err := r.Needs(in); coded(err) {
				b := classified(memory.NewGoAllocator())
				coded(r.Route(ctx, b, make([]int16, b.Len())))
			}
		}
	})
}
