package term

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/pipeline"
)

// Process is a running pipeline and the process that it runs in.
type Process struct {
	PID    int
	Status *pipeline.Status
}

// WriteProcesses draws a table of processes, to choose one of them.
func WriteProcesses(w io.Writer, all []Process, now time.Time, s Style) error {
	t := Table{
		Head: []string{"process", "pipeline", "phase", "for", "records", "rate", "splits", "lag"}, Flex: 1,
		Align: []Align{Right, Left, Left, Right, Right, Right, Right, Right},
	}
	for _, p := range all {
		st := p.Status
		t.Row(strconv.Itoa(p.PID), st.Name, string(st.Phase), ago(now, st.Started), Count(st.Counts.Read), Rate(st.Rate),
			strconv.Itoa(len(st.Splits)), lagOf(st))
	}
	return t.Write(w, s)
}

// WriteTotal draws what several processes of one pipeline do together.
func WriteTotal(w io.Writer, all []Process, s Style) error {
	var records int64
	var rate float64
	statuses := make([]*pipeline.Status, len(all))
	for i, p := range all {
		statuses[i], records, rate = p.Status, records+p.Status.Counts.Read, rate+p.Status.Rate
	}
	_, err := fmt.Fprintf(w, "%s  %s · %s · lag %s\n", s.paint(bold, fmt.Sprintf("all %d processes", len(all))), Plural(records, "record"), Rate(rate), lagOf(statuses...))
	return err
}
