package tagger_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
)

// lines reads examples of JSON lines and writes them.
func lines(text string) string { return shown(tagger.Read("x.jsonl", strings.NewReader(text))) }

// shown writes each example as its text with entities in brackets, or as its error.
func shown(examples iter.Seq2[tagger.Example, error]) string {
	var b strings.Builder
	for e, err := range examples {
		if err != nil {
			fmt.Fprintln(&b, err)
			continue
		}
		at := 0
		for _, x := range e.Entities {
			fmt.Fprintf(&b, "%s[%s %s]", e.Text[at:x.Start], x.Type, e.Text[x.Start:x.End])
			at = x.End
		}
		fmt.Fprintf(&b, "%s repaired %d\n", e.Text[at:], e.Repaired)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"tags", `{"tokens":["in","New","York","!"],"tags":["O","B-city","I-city","O"],"id":7}`, "in [city New York] ! repaired 0\n"},
		{"two in a row", `{"tokens":["a","b"],"tags":["B-x","B-x"]}`, "[x a] [x b] repaired 0\n"},
		{"I- at the start", `{"tokens":["a","b"],"tags":["I-x","I-x"]}`, "[x a b] repaired 1\n"},
		{"I- of another type", `{"tokens":["a","b"],"tags":["B-x","I-y"]}`, "[x a] [y b] repaired 1\n"},
		{"spans in code points", `{"text":"Zoë in Köln","spans":[{"start":7,"end":11,"type":"city"}]}`, "Zoë in [city Köln] repaired 0\n"},
		{"white space at the ends of a span", `{"text":"in New York now","spans":[{"start":2,"end":12,"type":"city"}]}`, "in [city New York] now repaired 1\n"},
		{"no spans", `{"text":"nothing"}`, "nothing repaired 0\n"},
		{"spans with labels", `{"text":"in Köln","spans":[{"start":3,"end":7,"label":"city"}]}`, "in [city Köln] repaired 0\n"},
		{"blank lines", "\n \n" + `{"text":"a"}` + "\n\n", "a repaired 0\n"},
		{"not JSON", "x\n" + `{"text":"a"}`, "x.jsonl:1: record.json: invalid character 'x' looking for beginning of value\na repaired 0\n"},
		{"wrong type", `{"tokens":"a"}`, "x.jsonl:1: record.type: tokens is a string\n"},
		{"not UTF-8", "{\"text\":\"\xff\"}", "x.jsonl:1: record.utf8: the line is not valid UTF-8\n"},
		{"neither", `{"a":1}`, "x.jsonl:1: train.spans: the line has neither tokens and tags nor text and spans\n"},
		{"both", `{"tokens":[],"text":""}`, "x.jsonl:1: train.spans: the line has both tokens and a text\n"},
		{"fewer tags", `{"tokens":["a","b"],"tags":["O"]}`, "x.jsonl:1: train.spans: there are 2 tokens and 1 tags\n"},
		{"odd tag", `{"tokens":["a"],"tags":["S-x"]}`, "x.jsonl:1: train.spans: tag 1 is \"S-x\", not O, B-type or I-type\n"},
		{"tag without type", `{"tokens":["a"],"tags":["B-"]}`, "x.jsonl:1: train.spans: tag 1 is \"B-\", not O, B-type or I-type\n"},
		{"empty token", `{"tokens":[""],"tags":["O"]}`, "x.jsonl:1: train.spans: token 1 is empty, or white space is at its ends\n"},
		{"outside of the text", `{"text":"Köln","spans":[{"start":0,"end":5,"type":"x"}]}`, "x.jsonl:1: train.spans: span 1 goes from 0 to 5 of a text of 4 characters\n"},
		{"no end", `{"text":"a","spans":[{"start":0,"type":"x"}]}`, "x.jsonl:1: train.spans: span 1 lacks start, end or type\n"},
		{"white space", `{"text":"a  b","spans":[{"start":1,"end":3,"type":"x"}]}`, "x.jsonl:1: train.spans: span 1 is nothing but white space\n"},
		{"too long", strings.Repeat(" ", 17<<20), "x.jsonl:1: record.too_large: the line has more than 16777216 bytes\n"},
	} {
		if diff := cmp.Diff(c.want, lines(c.in)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestReadNamedFields(t *testing.T) {
	for _, c := range []struct {
		name     string
		fields   tagger.Fields
		in, want string
	}{
		{"tags", tagger.Fields{Text: "words", Marks: "ner"}, `{"words":["in","Rome"],"ner":["O","B-city"],"tags":[1]}`, "in [city Rome] repaired 0\n"},
		{"spans", tagger.Fields{Text: "body", Marks: "label"}, `{"body":"in Rome","label":[{"start":3,"end":7,"type":"city"}],"text":1}`, "in [city Rome] repaired 0\n"},
		{"no such text", tagger.Fields{Text: "bdy"}, `{"body":"in Rome"}`, "x:1: train.spans: the line has no field \"bdy\"\n"},
		{"no such spans", tagger.Fields{Marks: "entities"}, `{"text":"in Rome","spans":[]}`, "x:1: train.spans: the line has no field \"entities\"\n"},
		{"no such tags", tagger.Fields{}, `{"tokens":["a"],"tag":["O"]}`, "x:1: train.spans: the line has no field \"tags\"\n"},
		{"numbers", tagger.Fields{Marks: "ner"}, `{"tokens":["a"],"ner":[0]}`, "x:1: record.type: ner is a number\n"},
	} {
		if diff := cmp.Diff(c.want, shown(c.fields.Read("x", strings.NewReader(c.in)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestReadColumns(t *testing.T) {
	for _, c := range []struct{ name, marks, in, want string }{
		{"two texts", "", "in O\nNew B-city\nYork I-city\n\n! O\n", "in [city New York] repaired 0\n! repaired 0\n"},
		{"tabs", "", "New York\tB-city\n", "[city New York] repaired 0\n"},
		{"four columns", "", "-DOCSTART- -X- O O\n\nRome NNP B-NP I-city\n\n\n", "[city Rome] repaired 1\n"},
		{"a named column", "3", "Rome NNP B-city B-NP\n", "[city Rome] repaired 0\n"},
		{"no such column", "5", "a NN O\nb NN O\n\nc x x x O", "x:1: train.spans: the line has 3 columns, and tags are in column 5\nc repaired 0\n"},
		{"one column", "", "a O\nb\n", "x:2: train.spans: the line \"b\" has one column, not a token and its tag\n"},
		{"no tag", "", "a NN\n", "x:1: train.spans: tag 1 is \"NN\", not O, B-type or I-type\n"},
		{"not UTF-8", "", "\xff O\n", "x:1: record.utf8: the line is not valid UTF-8\n"},
		{"a name for a column", "ner", "a O\n", "x: train.spans: the column \"ner\" of tags is no number from 2 on\n"},
	} {
		if diff := cmp.Diff(c.want, shown(tagger.Fields{Marks: c.marks}.ReadColumns("x", strings.NewReader(c.in)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestLooksLikeJSON(t *testing.T) {
	for head, want := range map[string]bool{
		` {"tokens": [`: true, "\n{ \"text\"": true, "{}": true, "{ O\n": false, "{\tO\n": false, "in O": false, "": false,
	} {
		if got := tagger.LooksLikeJSON([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"tokens":["in","New","York"],"tags":["O","B-city","I-city"]}`)
	f.Add("in O\nNew B-city\n\n")
	f.Add(`{"text":"Zoë in Köln","spans":[{"start":7,"end":11,"type":"city"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		read := tagger.Read
		if !tagger.LooksLikeJSON([]byte(text)) {
			read = tagger.Fields{}.ReadColumns
		}
		for e, err := range read("x", strings.NewReader(text)) {
			if err != nil {
				continue
			}
			for _, x := range e.Entities {
				if x.Start < 0 || x.Start >= x.End || x.End > len(e.Text) || x.Type == "" {
					t.Fatalf("%q: entity %+v of %q", text, x, e.Text)
				}
			}
		}
	})
}
