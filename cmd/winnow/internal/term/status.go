package term

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// WriteStatus draws a pipeline's status as winnow status shows it, at a moment. A PID of 0 is not shown.
func WriteStatus(w io.Writer, p Process, now time.Time, s Style) error {
	st, b := p.Status, new(strings.Builder)
	fmt.Fprintf(b, "%s  %s", s.paint(bold, clean(st.Name)), phaseWords(st, s))
	if !st.Started.IsZero() && running(st.Phase) {
		fmt.Fprintf(b, " for %s", Duration(now.Sub(st.Started)))
	}
	if p.PID > 0 {
		fmt.Fprintf(b, ", process %d", p.PID)
	}
	b.WriteByte('\n')
	if running(st.Phase) {
		b.WriteString("  " + progressLine(st, Style{Color: s.Color, Width: s.columns() - 2}) + "\n")
	}
	c := st.Counts
	fmt.Fprintf(b, "  read %s = delivered %s + rejected %s + dropped %s", Count(c.Read), Count(c.Delivered), Count(c.Dead), Count(c.Dropped))
	if open := c.Read - c.Delivered - c.Dead - c.Dropped; open > 0 {
		fmt.Fprintf(b, " + in flight %s", Count(open))
	}
	fmt.Fprintf(b, "; committed %s\n", Count(st.Committed.Read))
	if l := labelLine(&st.Tally, Style{Color: s.Color, Width: s.columns() - 2}); l != "" {
		b.WriteString("  " + l + "\n")
	}
	if len(st.Stages) > 0 {
		stageTable(st.Stages).write(b, s)
	}
	if st.Stream {
		if err := writeStream(b, st, now, s); err != nil {
			return err
		}
	} else if running(st.Phase) && !st.LastProgress.IsZero() && now.Sub(st.LastProgress) > 30*time.Second {
		b.WriteString("  " + s.paint(yellow, "no progress for "+Duration(now.Sub(st.LastProgress))) + "\n")
	}
	if st.LastError != "" {
		b.WriteString("  " + s.paint(yellow, "last error: "+clean(st.LastError)) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func running(p pipeline.Phase) bool {
	switch p {
	case pipeline.Completed, pipeline.Stopped, pipeline.Failed:
		return false
	default:
		return true
	}
}

func phaseWords(st *pipeline.Status, s Style) string {
	switch st.Phase {
	case pipeline.Completed:
		return s.paint(green, "completed")
	case pipeline.Failed:
		return s.paint(red, "failed")
	case pipeline.Stopped, pipeline.Retrying:
		return s.paint(yellow, string(st.Phase))
	default:
		return string(st.Phase)
	}
}
