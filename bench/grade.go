package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

// grade is how well a classifier answers a test split, by winnow eval. Nil is unknown.
type grade struct {
	Accuracy *float64 `json:"accuracy"`
	MicroF1  *float64 `json:"micro_f1"`
	MacroF1  *float64 `json:"macro_f1"`
	ECE      *float64 `json:"ece"`
}

// grade lets a classifier answer the test split as it would any file, and measures its answers, which stay in a file.
func (b *bench) grade(k *backend, t *trial, answers string) (*grade, error) {
	if err := b.answer(k, t, answers); err != nil {
		return nil, err
	}
	args := t.mode(answers, "--gold", t.column(), "--predictions", t.given())
	if !t.multi {
		g := new(grade)
		return g, b.eval(g, args...)
	}
	g := new(grade)
	if err := b.eval(g, append(args, "--threshold", "0")...); err != nil {
		return nil, err
	}
	g.ECE = nil // calibration is about all pairs of text and label, and the lists have those that were given
	if k.peer == nil {
		all := new(grade)
		if err := b.eval(all, append([]string{t.testRows, "--gold", t.column(), "--mode", "multi"}, k.flags(t)...)...); err != nil {
			return nil, err
		}
		g.ECE = all.ECE
	}
	return g, nil
}

// answer writes a classifier's answers to the test split into a file.
func (b *bench) answer(k *backend, t *trial, to string) error {
	switch {
	case k.peer != nil:
		return b.peersAnswers(k.peer, t, to)
	case k.stdin:
		return b.quietly(t.testRows, b.command(k, t, "-", "--input-format", "jsonl", "-o", to)...)
	default:
		return b.quietly("", b.command(k, t, t.testRows, "-o", to)...)
	}
}

// given is the column with the answers.
func (x *exam) given() string { return answerPrefix + x.column() }

// answerPrefix stands before the fields of answers, since the test split has fields of these names.
const answerPrefix = "answer_"

// command answers a file; "-" is standard input. winnow gets more flags.
func (b *bench) command(k *backend, t *trial, in string, more ...string) []string {
	if k.peer != nil {
		return k.peer.answer(b, t, in)
	}
	args := []string{b.winnow, "classify", in, "--prefix", answerPrefix, "--overwrite", "--quiet"}
	return append(append(args, k.flags(t)...), more...)
}

// eval reads what is wanted of the report that winnow eval makes.
func (b *bench) eval(into any, args ...string) error {
	report := b.result("report.json")
	if err := b.quietly("", append([]string{b.winnow, "eval", "--json", report, "--overwrite", "--quiet"}, args...)...); err != nil {
		return err
	}
	data, err := os.ReadFile(report)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// peersAnswers writes what a peer answers to the test split beside the gold labels.
func (b *bench) peersAnswers(p *peer, t *trial, to string) error {
	args := p.answer(b, t, t.testLines)
	out, err := exec.Command(args[0], args[1:]...).Output()
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	lines := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	if len(lines) != len(t.test) {
		return fmt.Errorf("%s: %d answers to %d texts", t.name, len(lines), len(t.test))
	}
	return writeLines(to, len(lines), func(i int) string {
		row := map[string]any{"text": t.test[i].Text, t.column(): t.test[i].Label}
		given := p.read(t, string(lines[i]))
		switch {
		case t.multi:
			row[t.column()], row[answerPrefix+"labels"] = t.test[i].Labels, given
		case len(given) > 0:
			row[answerPrefix+"label"] = given[0].Label
			if given[0].Confidence != nil {
				row[answerPrefix+"confidence"] = *given[0].Confidence
			}
		}
		return asJSON(row)
	})
}

// quietly runs a command that is not measured, on a file as standard input where one is named.
func (b *bench) quietly(stdin string, args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), b.catalog())
	if stdin != "" {
		f, err := os.Open(stdin)
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", args[0], args[1], err, out)
	}
	return nil
}
