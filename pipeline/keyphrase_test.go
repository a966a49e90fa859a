package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// lastWord gives a text its last word, but for those that have a 3 in them.
type lastWord struct {
	spoil func(out *classify.Keyphrases)
}

func (lastWord) Version() string { return "last-1" }

func (l lastWord) Keyphrases(_ context.Context, texts *array.String, out *classify.Keyphrases) error {
	out.Reset()
	for i := range texts.Len() {
		text := texts.Value(i)
		if strings.Contains(text, "3") {
			out.End("has_a_3")
			continue
		}
		out.List = append(out.List, classify.Keyphrase{Text: text[strings.LastIndexByte(text, ' ')+1:], Score: 0.25})
		out.End("")
	}
	if l.spoil != nil {
		l.spoil(out)
	}
	return nil
}

func TestKeyphrases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 2, 100)
		r.cfg.Classifier, r.cfg.Keyphraser, r.cfg.Extractor = nil, lastWord{}, firstWord{}
		s, err := r.run(t)
		if err != nil {
			t.Fatal(err)
		}
		r.judge(t, s)
		var with, without int64
		for _, line := range r.sink.Store.Lines() {
			switch {
			case strings.Contains(line, `"keyphrases":[{"score":0.25,"text":"`) && strings.Contains(line, `"entities":[{`):
				with++
			case strings.Contains(line, `"keyphrases":[]`):
				without++
			default:
				t.Fatal(line)
			}
		}
		k := s.Tally.Keyphrases
		if k == nil || k.Rows != with || k.Count != with || len(k.None) != 1 || k.None["has_a_3"] != without || with+without != 200 || without == 0 {
			t.Errorf("%d with and %d without, tally %+v", with, without, k)
		}
	})
}

func TestBrokenKeyphrasers(t *testing.T) {
	for name, spoil := range map[string]func(out *classify.Keyphrases){
		"a row less":      func(out *classify.Keyphrases) { out.Ends = out.Ends[1:] },
		"no reasons":      func(out *classify.Keyphrases) { out.Reasons = nil },
		"behind the list": func(out *classify.Keyphrases) { out.Ends[len(out.Ends)-1]++ },
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, 1, 20)
			r.cfg.Keyphraser = lastWord{spoil: spoil}
			if _, err := r.run(t); !fault.Is(err, fault.KeyphrasesReply) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
