package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/sidecar"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type statusCmd struct {
	Name string `arg:"" optional:"" help:"A running pipeline, an output of winnow classify, or a state folder. Default: every running pipeline of yours."`
	JSON bool   `help:"Print one JSON object for each pipeline."`
}

// Help is the command's manual below its flags.
func (statusCmd) Help() string {
	return `Examples:

  winnow status
  winnow status tickets --json
  winnow status labelled.jsonl

Where several processes run a pipeline, each is shown, and at last all together. A
pipeline that no process works on any more is told from its state folder: that
of an output, or .winnow/NAME.`
}

// Run asks the running processes, else reads the state folder.
func (c *statusCmd) Run(ctx context.Context, m *Main) error {
	all, err := m.processes(ctx, c.Name)
	if err != nil {
		return err
	}
	found := make([]term.Process, 0, max(len(all), 1))
	for i := range all {
		found = append(found, term.Process{PID: all[i].PID, Status: &all[i].Status})
	}
	if len(found) == 0 && c.Name != "" {
		st, err := stateOf(c.Name)
		if err != nil {
			return err
		}
		found = append(found, term.Process{Status: &st})
	}
	if len(found) == 0 && !c.JSON {
		_, err := fmt.Fprintln(m.Stdout, "no pipeline is running")
		return err
	}
	return c.print(m, found)
}

// statusJSON is a status for machines.
type statusJSON struct {
	PID int `json:"pid,omitempty"` // of the process that runs it; absent where none does
	*pipeline.Status
}

func (c *statusCmd) print(m *Main, found []term.Process) error {
	now := time.Now()
	for _, p := range found {
		var err error
		if c.JSON {
			err = json.NewEncoder(m.Stdout).Encode(statusJSON{p.PID, p.Status})
		} else {
			err = term.WriteStatus(m.Stdout, p, now, m.style())
		}
		if err != nil {
			return err
		}
	}
	if len(found) > 1 && c.Name != "" && !c.JSON { // together they are one pipeline
		return term.WriteTotal(m.Stdout, found, m.style())
	}
	return nil
}

// stateOf reads the state that a name can mean: the folder of an output, the folder of a spec's pipeline, a folder.
func stateOf(name string) (pipeline.Status, error) {
	tried := []string{sidecar.State(name), sidecar.StateOf(name), name}
	for _, dir := range tried {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			continue
		}
		st, err := pipeline.ReadStatus(disk.OS{}, dir)
		if fault.Is(err, fault.StateMissing) && dir == name {
			continue
		}
		st.Name = name
		return st, err
	}
	return pipeline.Status{}, fault.New(fault.StateMissing, "no pipeline %s is running, and there is no state in %s or %s", name, tried[0], tried[1]).
		WithFix("winnow status lists what runs")
}
