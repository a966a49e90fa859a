package static_test

import (
	"math"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/static"
)

// odd are texts whose words the tokenizer does not simply find between spaces.
var odd = []string{
	"The parcel came late and the invoice is wrong",
	"don't re-order e-mail@example.com/path?q=1 3.14 1,000 foo_bar #tag",
	"Où est ma carte ? Je l’attends déjà depuis deux semaines…",
	"我还没有收到我的新卡, abcひらがな кот",
	"a\u0085b c\u00a0d e\u2028f g\u200bh \x00refund\x00 in\x01voice",
	"[CLS] [MASK]invoice[SEP] <s>",
	"\xff\xfe broken \xc3( bytes \xed\xa0\x80 refund",
	"e\u0301te\u0301 \u0301 e \u0301a 👩‍💻refund👍🏽 invoice",
	strings.Repeat("card ", 3000) + "invoice",
	strings.Repeat("x", 20000) + " refund",
	strings.Repeat("refund/", 2000),
}

// TestExplainIsExact: the weights of all words sum to the scores that the confidences were made of.
func TestExplainIsExact(t *testing.T) {
	set := classify.LabelSet{{Name: "billing", Description: "payments and invoices"}, {Name: "bug", Examples: []string{"it crashes"}}, {Name: "delivery"}, {Name: "praise"}}
	for name, answers := range map[string]classify.Answers{
		"single": {TopK: len(set)},
		"multi":  {Mode: classify.Multi, Threshold: new(float64)},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := static.New(static.Config{Labels: set, Answers: answers})
			if err != nil {
				t.Fatal(err)
			}
			texts := evalset.Array(odd...)
			var out classify.Results
			var why classify.Explanations
			if err := c.Classify(t.Context(), texts, &out); err != nil {
				t.Fatal(err)
			}
			if err := c.Explain(t.Context(), texts, &out, 0, &why); err != nil {
				t.Fatal(err)
			}
			for row, text := range odd {
				scores := make([]float64, len(set))
				for _, w := range why.Row(row) {
					scores[w.Label] += float64(w.Weight)
				}
				compare(t, text, scores, out.RowScores(row), answers.Mode)
			}
		})
	}
}

// compare makes confidences of scores, and holds them to those of an answer.
func compare(t *testing.T, text string, scores []float64, want []classify.Score, mode classify.Mode) {
	t.Helper()
	if len(want) != len(scores) {
		t.Fatalf("%.40q has %d labels", text, len(want))
	}
	if mode == classify.Multi { // they have an offset in common, which no word has a part in
		for i, a := range want {
			for _, b := range want[i+1:] {
				logit := func(s classify.Score) float64 { return math.Log(float64(s.Confidence) / (1 - float64(s.Confidence))) }
				got, odds := scores[a.Label]-scores[b.Label], logit(a)-logit(b)
				if b.Confidence > 0.02 && a.Confidence < 0.98 && math.Abs(got-odds) > 0.01 {
					t.Errorf("%.40q: the words' weights differ by %.4f between two labels, the log-odds by %.4f", text, got, odds)
				}
			}
		}
		return
	}
	n, sum := float64(len(scores)), 0.0
	for i, x := range scores {
		scores[i] = math.Exp(x * (n - 1) / n)
		sum += scores[i]
	}
	for _, w := range want {
		if got := scores[w.Label] / sum; math.Abs(got-float64(w.Confidence)) > 0.0005 {
			t.Errorf("%.40q: the words' weights give label %d the confidence %.4f, the answer has %.4f", text, w.Label, got, w.Confidence)
		}
	}
}
