package main

import (
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/classify/linear/fasttext"
)

// peer is how another program is asked.
type peer struct {
	// answer is the command that writes a line of labels for each line of a file; "-" is standard input, whose lines it
	// answers as they come.
	answer func(b *bench, t *trial, texts string) []string
	read   func(t *trial, line string) []answer
}

// answer is a label that a peer gave.
type answer struct {
	Label      string   `json:"label"`
	Confidence *float64 `json:"confidence,omitempty"`
}

// fastText is its C++ command line.
var fastText = &peer{
	// A text gets the likeliest label, or the labels that are likelier than not.
	answer: func(b *bench, t *trial, texts string) []string {
		args := []string{b.peers.fastText, "predict-prob", t.model + ".bin", texts}
		if t.multi {
			args = append(args, "-1", "0.5")
		}
		return args
	},
	read: func(t *trial, line string) (all []answer) {
		f := strings.Fields(line)
		for i := 0; i+1 < len(f); i += 2 {
			p, err := strconv.ParseFloat(f[i+1], 64)
			if err != nil {
				continue
			}
			p = min(p, 1) // it adds 1e-5
			all = append(all, answer{t.named(f[i]), &p})
		}
		return all
	},
}

// named is the name that the set has for a label as fastText writes it.
func (x *exam) named(written string) string {
	for _, l := range x.labels {
		if fasttext.Written(l.Name) == written {
			return l.Name
		}
	}
	return written
}

// fastTextTrain trains by options of its command line.
func fastTextTrain(options ...string) func(*bench, *trial) []string {
	return func(b *bench, t *trial) []string {
		return append([]string{b.peers.fastText, "supervised", "-input", t.lines, "-output", t.model}, t.loss(options)...)
	}
}

// fastTextAuto lets it look for the best options on a tenth of the rows.
func fastTextAuto(b *bench, t *trial) []string {
	seconds := strconv.Itoa(max(int(b.tune.Seconds()), 1))
	return []string{
		b.peers.fastText, "supervised", "-input", t.kept, "-output", t.model, "-thread", "2",
		"-autotune-validation", t.held, "-autotune-duration", seconds,
	}
}

const svcScript = "bench/peers/linear_svc.py"

// linearSVC gives labels alone.
var linearSVC = &peer{
	answer: func(b *bench, t *trial, texts string) []string {
		return []string{b.peers.python, svcScript, "answer", t.model + ".joblib", texts}
	},
	read: func(_ *trial, line string) []answer { return []answer{{Label: line}} },
}

func trainSVC(b *bench, t *trial) []string {
	return []string{b.peers.python, svcScript, "train", t.jsonl, t.model + ".joblib"}
}
