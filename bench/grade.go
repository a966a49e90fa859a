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

// grade lets a classifier answer the test split as it would any file, and measures its answers.
func (b *bench) grade(k *backend, t *trial) (*grade, error) {
	answers := b.result(t.name + ".answers.jsonl")
	if k.peer != nil {
		if err := b.peersAnswers(k.peer, t, answers); err != nil {
			return nil, err
		}
	} else if err := b.quietly(b.classifyArgs(k, t, t.testRows, answers)...); err != nil {
		return nil, err
	}
	given := answerPrefix + t.column()
	args := t.mode(answers, "--gold", t.column(), "--predictions", given)
	if !t.multi {
		return b.eval(args)
	}
	g, err := b.eval(append(args, "--threshold", "0"))
	if err != nil {
		return nil, err
	}
	g.ECE = nil // calibration is about all pairs of text and label, and the lists have those that were given
	if k.peer == nil {
		all, err := b.eval(append([]string{t.testRows, "--gold", t.column(), "--mode", "multi"}, k.flags(t)...))
		if err != nil {
			return nil, err
		}
		g.ECE = all.ECE
	}
	return g, nil
}

// answerPrefix stands before the fields of answers, since the test split has fields of these names.
const answerPrefix = "answer_"

// classifyArgs is the command that answers a file.
func (b *bench) classifyArgs(k *backend, t *trial, in, out string) []string {
	args := []string{b.winnow, "classify", in, "-o", out, "--prefix", answerPrefix, "--overwrite", "--quiet"}
	return append(args, k.flags(t)...)
}

func (b *bench) eval(args []string) (*grade, error) {
	report := b.result("report.json")
	args = append([]string{b.winnow, "eval", "--json", report, "--overwrite", "--quiet"}, args...)
	if err := b.quietly(args...); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	g := new(grade)
	return g, json.Unmarshal(data, g)
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

// quietly runs a command that is not measured.
func (b *bench) quietly(args ...string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), b.catalog())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", args[0], args[1], err, out)
	}
	return nil
}
