package service

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/test/corpus"
)

// answer is what a record was given, as a line of a job's results and one of winnow classify's output have it.
type answer struct {
	Label      *string
	Confidence *float64
	Labels     []given
	Tokens     int
}

type given struct {
	Label      string
	Confidence float64
}

// refusal is why a record has no answer.
type refusal struct{ Code, Message string }

// TestSame has a server label a file of real texts, some of whose lines are no records, and compares each line of the results
// with what winnow classify says of the same line.
func TestSame(t *testing.T) {
	if testing.Short() {
		t.Skip("labels a file four times")
	}
	n := 50_000
	if *torture {
		n = 1_000_000
	}
	texts, err := corpus.Open("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), build(t)
	input := filepath.Join(dir, "input.jsonl")
	if err := texts.WriteJSONL(input, n, 1000); err != nil {
		t.Fatal(err)
	}
	s := start(t, bin, dir)
	for _, c := range []struct {
		name, asked string
		flags       []string
	}{
		{"single", `{"labels":["billing","technical support","travel","other"]}`, nil},
		{"multi", `{"labels":["billing","technical support","travel","other"],"mode":"multi","threshold":0.4}`, []string{"--mode", "multi", "--threshold", "0.4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			output := filepath.Join(dir, c.name+".jsonl")
			args := append([]string{"classify", input, "-o", output, "--text", "text", "--labels", "billing,technical support,travel,other", "-q"}, c.flags...)
			if out, err := exec.Command(bin, args...).CombinedOutput(); err != nil {
				t.Fatalf("winnow classify: %v\n%s", err, out)
			}
			f, err := os.Open(input)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got := results(t, s, begin(t, s, c.asked, f), 0)
			if lines := bytes.Count(got, []byte("\n")); lines != n {
				t.Fatalf("%d lines, want %d", lines, n)
			}
			sameAs(t, got, output)
		})
	}
}

// sameAs holds a job's results to what winnow classify has written: its output, and its rejected records beside it.
func sameAs(t *testing.T, got []byte, output string) {
	t.Helper()
	records, rejects := scan(t, output), scan(t, output+".rejected.jsonl")
	at := 0
	for line := range bytes.Lines(got) {
		var result struct {
			answer
			Error *refusal
		}
		decode(t, line, &result)
		if at++; result.Error != nil {
			var rejected struct {
				refusal
				Line int
			}
			decode(t, next(t, rejects, at), &rejected)
			rejected.Code = strings.ToUpper(strings.ReplaceAll(rejected.Code, ".", "_"))
			if rejected.refusal != *result.Error || rejected.Line != at {
				t.Fatalf("line %d, beside the rejected %+v: %s", at, rejected, line)
			}
			continue
		}
		var record struct {
			answer
			ID int
		}
		decode(t, next(t, records, at), &record)
		if record.Labels != nil { // a job gives these alone
			record.Label, record.Confidence = nil, nil
		}
		if diff := cmp.Diff(record.answer, result.answer); diff != "" || record.ID != at-1 {
			t.Fatalf("line %d, beside record %d: %s%s", at, record.ID, line, diff)
		}
	}
	if records.Scan() || rejects.Scan() {
		t.Errorf("winnow classify has more than %d records: %s%s", at, records.Bytes(), rejects.Bytes())
	}
}

// scan goes through a file's lines.
func scan(t *testing.T, path string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return bufio.NewScanner(f)
}

func next(t *testing.T, lines *bufio.Scanner, at int) []byte {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("winnow classify has nothing for line %d: %v", at, lines.Err())
	}
	return lines.Bytes()
}

func decode(t *testing.T, line []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(line, to); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
}
