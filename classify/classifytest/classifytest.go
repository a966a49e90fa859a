package classifytest

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// texts are what a classifier must take: plain, empty, long, in several scripts, damaged.
var texts = []string{
	"My card has not arrived yet, and I ordered it two weeks ago!",
	"the app crashes whenever I open the settings",
	"thank you so much, you are wonderful",
	"", " ", "\t\r\n", "?", "😀", "\x00", "a",
	"Où est ma carte ? Je l’attends déjà depuis deux semaines…",
	"我还没有收到我的新卡",
	"[CLS] [SEP] [MASK] [UNK] <s> </s> __label__x",
	"\xff\xfe broken \xc3( bytes \xed\xa0\x80",
	"{\"text\": \"a\", \"n\": 1e400}",
	strings.Repeat("card ", 3000),
	strings.Repeat("x", 20000),
	"zzzqqqxxx vvvkkkjjj",
}

// Run checks a classifier; fresh returns one that is ready for use, the same each time.
func Run(t *testing.T, fresh func() classify.Classifier) {
	t.Helper()
	c := fresh()
	all := build(texts, nil)
	want := answer(t, c, all)

	t.Run("info", func(t *testing.T) { info(t, c, fresh()) })
	t.Run("shape", func(t *testing.T) { shape(t, c, all) })
	t.Run("empty batch", func(t *testing.T) {
		if got := answer(t, c, build(nil, nil)); len(got) != 0 {
			t.Errorf("%d rows for no texts", len(got))
		}
	})
	t.Run("null", func(t *testing.T) { nulls(t, c, want) })
	t.Run("one by one", func(t *testing.T) {
		for i, text := range texts {
			same(t, fmt.Sprintf("text %d alone", i), want[i:i+1], answer(t, c, build([]string{text}, nil)))
		}
	})
	t.Run("slice", func(t *testing.T) {
		part := array.NewSlice(all, 2, 7).(*array.String)
		defer part.Release()
		same(t, "rows 2 to 7 of the batch", want[2:7], answer(t, c, part))
	})
	t.Run("again", func(t *testing.T) {
		same(t, "the second call", want, answer(t, c, all))
		same(t, "another of the same kind", want, answer(t, fresh(), all))
	})
	t.Run("keeps nothing", func(t *testing.T) { keepsNothing(t, c, want) })
	t.Run("explanations", func(t *testing.T) { explanations(t, c) })
	t.Run("at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					same(t, "beside other calls", want, answer(t, c, all))
				}
			})
		}
		wg.Wait()
	})
	t.Run("huge", func(t *testing.T) {
		if testing.Short() {
			t.Skip("a text of a million words is left out in short mode")
		}
		huge := strings.Repeat("the card has not arrived, where is it? ", 1<<17)
		same(t, "beside a huge text", want[:1], answer(t, c, build([]string{texts[0], huge}, nil))[:1])
	})
}

func build(texts []string, valid []bool) *array.String {
	b := array.NewStringBuilder(memory.NewGoAllocator())
	defer b.Release()
	b.AppendValues(texts, valid)
	return b.NewStringArray()
}

// row is one answer by value.
type row struct {
	Label      int32
	Confidence float32
	Reason     classify.Reason
	Tokens     int32
	Scores     []classify.Score
}

// answer classifies a batch and checks what holds for every answer.
func answer(t *testing.T, c classify.Classifier, batch *array.String) []row {
	t.Helper()
	var out classify.Results
	if err := c.Classify(t.Context(), batch, &out); err != nil {
		t.Errorf("Classify: %v", err)
		return nil
	}
	return rows(&out)
}

func rows(out *classify.Results) []row {
	all := make([]row, out.Len())
	for i := range all {
		all[i] = row{out.Label[i], out.Confidence[i], out.Reason[i], out.Tokens[i], append([]classify.Score(nil), out.RowScores(i)...)}
	}
	return all
}

func same(t *testing.T, when string, want, got []row) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s answers differ (-want +got)\n%s", when, diff)
	}
}

// rounded says whether a confidence is in [0, 1] with 4 decimals.
func rounded(p float32) bool {
	return p >= 0 && p <= 1 && math.Abs(float64(p)*1e4-math.Round(float64(p)*1e4)) < 1e-2
}
