package wordpiece_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/wordpiece"
)

func embedded(t testing.TB) *wordpiece.Tokenizer {
	t.Helper()
	vocab, err := os.ReadFile("../static/table/vocab.txt")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := wordpiece.FromVocab(string(vocab))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestParityFile(t *testing.T) {
	data, err := os.ReadFile("../static/testdata/parity.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string   `json:"text"`
		IDs  []uint32 `json:"ids"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	tok, s := embedded(t), new(wordpiece.Scratch)
	for _, c := range cases {
		if diff := cmp.Diff(c.IDs, tok.Tokenize([]uint32{}, []byte(c.Text), s)); diff != "" {
			t.Errorf("%q: ids (-want +got)\n%s", c.Text, diff)
		}
	}
}

func BenchmarkTokenize(b *testing.B) {
	tok, s := embedded(b), new(wordpiece.Scratch)
	text := []byte("I still have not received my new card, please advise!")
	var ids []uint32
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		ids = tok.Tokenize(ids[:0], text, s)
	}
}
