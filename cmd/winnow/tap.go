package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/control"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type tapCmd struct {
	Name  string  `arg:"" help:"A running pipeline of yours."`
	Rate  float64 `placeholder:"N" default:"5" help:"How many samples a second at most. Default: 5."`
	Label string  `placeholder:"LABEL" help:"Only records with this label."`
	Limit int64   `placeholder:"N" help:"End after N samples."`
	PID   int     `name:"pid" placeholder:"PID" help:"The process to look at, where several run the pipeline."`
	JSON  bool    `help:"Print each sample as a line of JSON."`
}

// Help is the command's manual below its flags.
func (tapCmd) Help() string {
	return `Examples:

  winnow tap tickets
  winnow tap tickets --label bug --rate 1
  winnow tap tickets --json --limit 100 > sample.jsonl

The samples are taken at random from what is delivered. The pipeline does not wait
for them: what can't be shown in time is left out. It ends with the run.`
}

// Run prints samples until the run ends.
func (c *tapCmd) Run(ctx context.Context, m *Main) error {
	if c.Rate <= 0 {
		return fault.New(fault.Usage, "--rate is %v", c.Rate).WithFix("give a number above 0")
	}
	p, err := c.choose(ctx, m)
	if err != nil {
		return err
	}
	if err := knownLabel(&p.Status, c.Label); err != nil {
		return err
	}
	left := c.Limit
	for s, err := range control.Tap(ctx, p.Socket, pipeline.TapOptions{Rate: c.Rate, Label: c.Label}) {
		if err == nil {
			err = c.print(m, &s)
		}
		if left--; err != nil || left == 0 {
			return err
		}
	}
	return nil
}

func (c *tapCmd) print(m *Main, s *pipeline.Sample) error {
	if c.JSON {
		return json.NewEncoder(term.Data(m.Stdout)).Encode(s)
	}
	return term.WriteSample(m.Stdout, s, m.style())
}

// choose finds the process that is meant. Where several are, it lists them.
func (c *tapCmd) choose(ctx context.Context, m *Main) (*control.Process, error) {
	all, err := m.processes(ctx, c.Name)
	if err != nil {
		return nil, err
	}
	if c.PID != 0 {
		all = slices.DeleteFunc(all, func(p control.Process) bool { return p.PID != c.PID })
	}
	switch {
	case len(all) == 1:
		return &all[0], nil
	case len(all) == 0 && c.PID != 0:
		return nil, fault.New(fault.RunMissing, "the process %d does not run a pipeline %s", c.PID, c.Name)
	case len(all) == 0:
		return nil, fault.New(fault.RunMissing, "no pipeline %s is running", c.Name)
	}
	rows := make([]term.Process, len(all))
	for i := range all {
		rows[i] = term.Process{PID: all[i].PID, Status: &all[i].Status}
	}
	if err := term.WriteProcesses(m.Stderr, rows, time.Now(), m.errStyle()); err != nil {
		return nil, err
	}
	return nil, fault.New(fault.Usage, "%d processes run %s", len(all), c.Name).
		WithFix("choose one of them: --pid %s", strconv.Itoa(all[0].PID))
}

// knownLabel refuses a label that the pipeline does not give.
func knownLabel(st *pipeline.Status, label string) error {
	if label == "" {
		return nil
	}
	names := make([]string, len(st.Tally.Labels))
	for i, l := range st.Tally.Labels {
		names[i] = l.Name
	}
	if slices.Contains(names, label) {
		return nil
	}
	guess := ""
	if near := fault.Nearest(label, names); near != "" {
		guess = fmt.Sprintf("; did you mean %q?", near)
	}
	return fault.New(fault.Usage, "the pipeline has no label %q%s", label, guess).WithFix("winnow status %s shows them", st.Name)
}

// processes are the user's running processes with pipelines of a name; of any where the name is empty. Those that don't
// answer are told.
func (m *Main) processes(ctx context.Context, name string) ([]control.Process, error) {
	dir, err := control.Folder()
	if err != nil {
		return nil, err
	}
	all, err := control.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	var found []control.Process
	for _, p := range all {
		switch {
		case p.Err != nil:
			_ = term.Say(m.Stderr, "winnow: the process %d does not answer: %v", p.PID, p.Err)
		case name == "" || p.Status.Name == name:
			found = append(found, p)
		}
	}
	return found, nil
}
