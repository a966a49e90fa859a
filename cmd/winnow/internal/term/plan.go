package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline"
)

// shownSplits is how many splits a plan names.
const shownSplits = 10

// WritePlan draws what winnow explain has to say.
func WritePlan(w io.Writer, p *pipeline.Plan, s Style) error {
	b := new(strings.Builder)
	fact := func(name, format string, args ...any) {
		b.WriteString(s.paint(bold, padRight(name, 11)) + clean(fmt.Sprintf(format, args...)) + "\n")
	}
	fact("source", "%s", p.Source)
	fact("splits", "%s, read in this order%s", Plural(int64(len(p.Splits)), "split"), inAll(p.Splits))
	for i, sp := range p.Splits {
		if i == shownSplits {
			fact("", "… and %s more", Count(int64(len(p.Splits)-i)))
			break
		}
		fact("", "%s%s", sp.ID, splitSize(sp))
	}
	fact("reads", "%s", reads(p))
	if len(p.Results) > 0 {
		fact("adds", "%s", strings.Join(p.Results, ", "))
	}
	if p.Classifier != nil {
		fact("classifier", "%s", classifierWords(p.Classifier))
	}
	for i, stage := range p.Stages {
		fact(fmt.Sprintf("stage %d", i+1), "%s", stageWords(stage, i == len(p.Stages)-1))
	}
	for i, sink := range p.Sinks {
		name := ""
		if i == 0 {
			name = "sinks"
		}
		fact(name, "%s: %s gets %s", sink.Name, sink.Describe, sink.Gets)
	}
	fact("guarantee", "%s: %s", guaranteeWords(p.Guarantee), p.Reason)
	fact("memory", "at most %s in flight, %s%s", Bytes(p.Memory), Plural(int64(p.Workers), "worker"), modelSize(p.Classifier))
	for _, n := range p.Notes {
		fact("note", "%s", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// classifierWords say which version answers, by which backend.
func classifierWords(k *classify.Info) string {
	return fmt.Sprintf("%s (%s), %s, mode %s", k.Version, k.Backend, Plural(int64(len(k.Labels)), "label"), k.Mode)
}

// modelSize says what the classifier's model takes beside what is in flight.
func modelSize(k *classify.Info) string {
	if k == nil || k.Memory == 0 {
		return ""
	}
	return fmt.Sprintf("; the model takes %s", Bytes(k.Memory))
}

func guaranteeWords(g pipeline.Guarantee) string {
	switch g {
	case pipeline.ExactlyOnce:
		return "exactly once"
	case pipeline.AtLeastOnce:
		return "at least once"
	default:
		return "none"
	}
}

func inAll(splits []*pipeline.Split) string {
	var rows, size int64
	for _, sp := range splits {
		size += sp.Size
		if sp.End < 0 {
			rows = -1
		}
		if rows >= 0 {
			rows += sp.End - sp.Start
		}
	}
	switch {
	case len(splits) == 0:
		return ""
	case rows >= 0:
		return fmt.Sprintf(", %s in all", Plural(rows, "record"))
	case size > 0:
		return fmt.Sprintf(", %s in all", Bytes(size))
	default:
		return ""
	}
}

func splitSize(sp *pipeline.Split) string {
	switch {
	case sp.End >= 0:
		return fmt.Sprintf("  %s", Plural(sp.End-sp.Start, "record"))
	case sp.Size > 0:
		return "  " + Bytes(sp.Size)
	default:
		return ""
	}
}

func reads(p *pipeline.Plan) string {
	var parts []string
	if len(p.Columns) > 0 {
		parts = append(parts, "the columns "+strings.Join(p.Columns, ", "))
	}
	if p.Raw {
		parts = append(parts, "records as they came, to pass them on unchanged")
	}
	if len(parts) == 0 {
		return "positions only"
	}
	return strings.Join(parts, "; ")
}
