package wordpiece_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/classify/classifytest/evalset"
	"github.com/winnow-stream/winnow/classify/wordpiece"
)

const vocabFile = "../static/table/vocab.txt"

func embedded(t testing.TB) *wordpiece.Tokenizer {
	t.Helper()
	vocab, err := os.ReadFile(vocabFile)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := wordpiece.FromVocab(string(vocab))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// pair is a text with the ids that the tokenizers package gives it.
type pair struct {
	Text string   `json:"text"`
	IDs  []uint32 `json:"ids"`
}

func compare(t *testing.T, tok *wordpiece.Tokenizer, pairs []pair) {
	t.Helper()
	s, bad := new(wordpiece.Scratch), 0
	for _, p := range pairs {
		got := tok.Tokenize(nil, []byte(p.Text), s)
		if !slices.Equal(p.IDs, got) {
			if bad++; bad < 10 {
				t.Errorf("%+q\nwant %v\ngot  %v", p.Text, p.IDs, got)
			}
		}
	}
	t.Logf("%d of %d texts agree", len(pairs)-bad, len(pairs))
}

func TestParityFile(t *testing.T) {
	data, err := os.ReadFile("../static/testdata/parity.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := json.Unmarshal(data, &pairs); err != nil {
		t.Fatal(err)
	}
	compare(t, embedded(t), pairs)
}

// TestParityGolden compares with testdata/golden.jsonl, which gen/golden.py writes.
func TestParityGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	for line := range bytes.Lines(data) {
		var p pair
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	compare(t, embedded(t), pairs)
}

// TestParityPackage runs the tokenizers package itself over all texts of the evaluation sets, and over every code point
// that there is between two letters. It needs WINNOW_PYTHON, a Python that has the package; make test-all sets it.
func TestParityPackage(t *testing.T) {
	python := os.Getenv("WINNOW_PYTHON")
	if python == "" {
		t.Skip("WINNOW_PYTHON names no Python with the tokenizers package: make test-all runs this test")
	}
	var texts []string
	for r := rune(1); r <= 0x10ffff; r++ {
		if r < 0xd800 || r > 0xdfff {
			texts = append(texts, "a"+string(r)+"b \u302e"+string(r)+"\u1b44"+string(r))
		}
	}
	texts = append(texts, setTexts(t)...)
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, text := range texts {
		if err := enc.Encode(text); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "gen/encode.py", vocabFile)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	pairs := make([]pair, 0, len(texts))
	dec := json.NewDecoder(&out)
	for _, text := range texts {
		p := pair{Text: text}
		if err := dec.Decode(&p.IDs); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	compare(t, embedded(t), pairs)
}

// setTexts are all texts of the evaluation sets.
func setTexts(t *testing.T) (texts []string) {
	dir := evalset.Folder()
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil { // the sets are not here
			return fs.SkipAll
		}
		if !strings.HasSuffix(path, ".jsonl") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var r struct {
				Text   string   `json:"text"`
				Tokens []string `json:"tokens"`
			}
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				texts = append(texts, r.Text+strings.Join(r.Tokens, " "))
			}
		}
		return nil
	})
	t.Logf("%d texts of evaluation sets in %s", len(texts), dir)
	return texts
}

func BenchmarkTokenize(b *testing.B) {
	tok, s := embedded(b), new(wordpiece.Scratch)
	for name, text := range map[string]string{
		"ascii":    "I still have not received my new card, please advise!",
		"accented": "Où est ma nouvelle carte ? Je l’attends déjà depuis 2 semaines…",
		"chinese":  "我还没有收到我的新卡，请问什么时候能到？",
	} {
		b.Run(name, func(b *testing.B) {
			var ids []uint32
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				ids = tok.Tokenize(ids[:0], []byte(text), s)
			}
		})
	}
}
