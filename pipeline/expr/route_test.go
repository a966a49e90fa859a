package expr

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

var labels = []string{"bug", "billing", "other"}

// classified is the sample with a result: labels bug, billing, null, other, bug.
func classified(alloc memory.Allocator) *pipeline.Batch {
	b := sample().batch(alloc)
	b.Labels = []int32{0, 1, -1, 2, 0}
	b.Confidence = []float32{0.9, 0.8, 0, 0.45, 0.3}
	scores := arrow.StructOf(
		arrow.Field{Name: "label", Type: dictionaryOfText}, arrow.Field{Name: "confidence", Type: arrow.PrimitiveTypes.Float32})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "predicted_label", Type: dictionaryOfText, Nullable: true},
		{Name: "predicted_labels", Type: arrow.ListOf(scores)},
		{Name: "predicted_classifier", Type: dictionaryOfText},
	}, nil)
	rb := array.NewRecordBuilder(alloc, schema)
	defer rb.Release()
	for i, l := range b.Labels {
		list := rb.Field(1).(*array.ListBuilder)
		item := list.ValueBuilder().(*array.StructBuilder)
		list.Append(true)
		if l >= 0 {
			appendValue(rb.Field(0), labels[l])
			item.Append(true)
			appendValue(item.FieldBuilder(0), labels[l])
			item.FieldBuilder(1).(*array.Float32Builder).Append(b.Confidence[i])
		} else {
			rb.Field(0).AppendNull()
		}
		appendValue(rb.Field(2), "static-1f9c")
	}
	b.Result = rb.NewRecordBatch()
	return b
}

func TestRoute(t *testing.T) {
	const other = 9
	tests := []struct {
		name  string
		rules []Rule
		want  []int16
		dead  int
	}{
		{"none", nil, []int16{9, 9, 9, 9, 9}, 0},
		{"design", []Rule{{code(`label == "bug" && confidence > 0.8`), 1}, {code(`confidence < 0.5`), 2}}, []int16{1, 9, 2, 2, 2}, 0},
		{"exact", []Rule{{code(`confidence > 0.8`), 1}, {code(`confidence >= 0.8`), 2}}, []int16{1, 2, 9, 9, 9}, 0},
		{"first wins", []Rule{{code(`label == "bug"`), 1}, {code(`label != "billing"`), 2}}, []int16{1, 9, 2, 2, 1}, 0},
		{"all", []Rule{{code(`label == nil`), Drop}, {Code{}, 3}}, []int16{3, 3, -1, 3, 3}, 0},
		{"in", []Rule{{code(`label in ["bug", "other"]`), 1}}, []int16{1, 9, 9, 1, 1}, 0},
		{"not null", []Rule{{code(`label != nil`), 1}}, []int16{1, 1, 9, 1, 1}, 0},
		{"input's own", []Rule{{code(`record.label == "bug" && label == "bug"`), 1}}, []int16{1, 9, 9, 9, 9}, 0},
		{"record fields", []Rule{{code(`stars >= 4 or lang == "en"`), 1}}, []int16{1, 1, 1, 9, 1}, 0},
		{"labels", []Rule{{code(`any(labels, .label == "bug" && .confidence > 0.5)`), 1}}, []int16{1, 9, 9, 9, 9}, 0},
		{"classifier", []Rule{{code(`classifier startsWith "static"`), 1}}, []int16{1, 1, 1, 1, 1}, 0},
		{"slow label", []Rule{{code(`upper(label ?? "none") == "BUG"`), 1}, {code(`confidence * 2 > 1`), 2}}, []int16{1, 2, 9, 9, 1}, 0},
		{"fails", []Rule{{code(`upper(label) == "BUG"`), 1}}, []int16{1, 9, 9, 9, 1}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRoute(tt.rules, other, labels)
			if _, err := r.Needs(sample().layout()); err != nil {
				t.Fatal(err)
			}
			for _, slow := range []bool{false, true} {
				alloc := checked(t)
				for _, w := range r.whens {
					if w != nil && slow {
						w.fast = nil
					}
				}
				b := classified(alloc)
				dest := make([]int16, b.Len())
				if err := r.Route(ctx, b, dest); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tt.want, dest); d != "" {
					t.Errorf("slow=%v: %s", slow, d)
				}
				if len(b.Faults) != tt.dead {
					t.Errorf("faults %v", b.Faults)
				}
				b.Result.Release()
				b.Record.Release()
			}
		})
	}
}

func TestRouteSaysWhatASinkGets(t *testing.T) {
	some, all := code(`label == "bug"`), Code{}
	const routed, rest = "records routed to it", "records that no rule takes"
	for _, tt := range []struct {
		name  string
		rules []Rule
		want  []string // of the sinks 0, the other one, and 1
	}{
		{"no rules", nil, []string{rest, "nothing"}},
		{"a rule", []Rule{{some, 1}}, []string{rest, routed}},
		{"a rule for the rest too", []Rule{{some, 0}, {some, 1}}, []string{routed + ", and those that no rule takes", routed}},
		{"a last rule for all", []Rule{{some, 0}, {all, 1}}, []string{routed, routed}},
		{"a rule behind it", []Rule{{all, 0}, {some, 1}}, []string{routed, "nothing"}},
	} {
		r := NewRoute(tt.rules, 0, labels)
		if got := []string{r.Gets(0), r.Gets(1)}; !cmp.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRouteNeedsOnlyTheInput(t *testing.T) {
	r := NewRoute([]Rule{{code(`label == "bug" && record.label != "x" && lang == "en"`), 0}, {code(`lang == "de" and stars > 1`), 1}}, 0, labels)
	fields, err := r.Needs(sample().layout())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	if d := cmp.Diff([]string{"label", "lang", "lang", "stars"}, names); d != "" {
		t.Error(d)
	}
}

func TestRouteErrors(t *testing.T) {
	for _, tt := range []struct {
		code, text string
		labels     []string
	}{
		{`label == "bgu"`, `there is no label "bgu"; did you mean "bug"?`, labels},
		{`label in ["bug", "zzz"]`, `there is no label "zzz"`, labels},
		{`"bgu" != label`, `did you mean "bug"?`, labels},
		{`label == "bug"`, "nothing is classified", nil},
		{`confidence`, "true or false", labels},
		{`confidence > "x"`, "mismatched types", labels},
	} {
		_, err := NewRoute([]Rule{{code(tt.code), 0}}, 0, tt.labels).Needs(sample().layout())
		if !fault.Is(err, fault.ConfigExpr) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", tt.code, err)
		}
	}
}

func TestSinkIndex(t *testing.T) {
	names := []string{"default", "bugs"}
	for to, want := range map[string]int16{"default": 0, "bugs": 1, "drop": Drop} {
		if got, err := SinkIndex(names, to); got != want || err != nil {
			t.Errorf("%s: %d, %v", to, got, err)
		}
	}
	if _, err := SinkIndex(names, "bug"); !fault.Is(err, fault.ConfigRoute) {
		t.Error(err)
	}
}

// large is a batch of n rows with a result.
func large(n int) *pipeline.Batch {
	r := sample()
	rows := r.rows
	r.rows = make([][]any, n)
	for i := range r.rows {
		r.rows[i] = rows[i%len(rows)]
	}
	b := r.batch(memory.NewGoAllocator())
	b.Labels, b.Confidence = make([]int32, n), make([]float32, n)
	for i := range n {
		b.Labels[i], b.Confidence[i] = int32(i%3), float32(i%100)/100
	}
	return b
}

var designRules = []Rule{{code(`label == "bug" && confidence > 0.8`), 1}, {code(`confidence < 0.5`), 2}}

func TestConditionAllocations(t *testing.T) {
	b := large(8192)
	dest := make([]int16, b.Len())
	r := NewRoute(designRules, 0, labels)
	if _, err := r.Needs(sample().layout()); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { _ = r.Route(ctx, b, dest) }); n > 16 {
		t.Errorf("routing: %.0f allocations a batch of %d", n, b.Len())
	}
	f := NewFilter(code(`lang in ["en", "de", "fr"] && (stars != 7 or subject contains "x") or lang != "en"`))
	if _, err := f.Needs(sample().layout()); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { _ = f.Process(ctx, b) }); n > 32 {
		t.Errorf("filter: %.0f allocations a batch of %d", n, b.Len())
	}
}

func BenchmarkRoute(bm *testing.B) {
	for name, slow := range map[string]bool{"predicate": false, "program": true} {
		bm.Run(name, func(bm *testing.B) {
			b := large(8192)
			dest := make([]int16, b.Len())
			r := NewRoute(designRules, 0, labels)
			if _, err := r.Needs(sample().layout()); err != nil {
				bm.Fatal(err)
			}
			if slow {
				for _, w := range r.whens {
					w.fast = nil
				}
			}
			bm.ReportAllocs()
			for bm.Loop() {
				_ = r.Route(ctx, b, dest)
			}
			bm.ReportMetric(float64(bm.Elapsed().Nanoseconds())/float64(bm.N)/float64(b.Len()), "ns/record")
		})
	}
}
