package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/labelling"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type labelCmd struct {
	Tasks string `arg:"" placeholder:"TODO" help:"The records to label: lines of JSON with a field text, as winnow suggest writes them."`

	Labels     []string `group:"labels" placeholder:"A,B" help:"The labels, separated by commas (\\, for a comma in a name)."`
	LabelsFile string   `group:"labels" placeholder:"FILE" help:"Labels from JSON or YAML, as for winnow classify."`
	Classifier string   `group:"labels" placeholder:"NAME" help:"A saved classifier whose labels are meant."`
	Mode       string   `group:"labels" placeholder:"MODE" help:"single: one label each. multi: any number of labels, none too. Default: the classifier's, else single."`
	Output     string   `short:"o" group:"output" required:"" placeholder:"FILE" help:"Where labelled records go, as JSONL. Those that are there stay, and are not asked for again."`
}

// Help is the command's manual below its flags.
func (labelCmd) Help() string {
	return `Examples:

  winnow suggest tickets.csv --labels-file labels.json -o todo.jsonl
  winnow label todo.jsonl --labels-file labels.json -o labelled.jsonl
  winnow train labelled.jsonl --label label --labels-file labels.json --save tickets

Each label has a key; Enter accepts what is proposed, ? shows the other keys.
Every answer is on the disk before the next text is shown: leave whenever you
like, and the same command goes on there.`
}

// Run shows texts and saves answers.
func (c *labelCmd) Run(ctx context.Context, m *Main) error {
	names, mode, err := c.labels(m)
	if err != nil {
		return err
	}
	tasks, err := c.tasks()
	if err != nil {
		return err
	}
	if err := labelling.CheckTerminal(m.Stdin, m.Stdout); err != nil {
		return err
	}
	journal, err := labelling.OpenJournal(c.Output)
	if err != nil {
		return err
	}
	model := labelling.NewModel(tasks, names, mode == classify.Multi, journal.Answers())
	err = errors.Join(c.session(ctx, m, model, journal), journal.Close())
	if tellErr := c.tell(m, model, journal); err == nil {
		err = tellErr
	}
	return err
}

// session hands the terminal to the user, and takes it back.
func (c *labelCmd) session(ctx context.Context, m *Main, model *labelling.Model, journal *labelling.Journal) (err error) {
	watched, stop := m.interruptible(ctx)
	defer stop()
	signal.Notify(m.Signals, syscall.SIGHUP) // the line was lost, or the window closed
	t, err := labelling.OpenTerminal(m.Stdin, m.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }() // after a panic too
	s := labelling.Session{Model: model, Journal: journal, Terminal: t, Color: m.color}
	err = s.Run(watched)
	if watched.Err() != nil {
		return fault.New(fault.RunInterrupted, "stopped; every answer is saved").WithFix("run the same command again: it goes on there")
	}
	return err
}

// labels are the names to choose from, and how many a text may have.
func (c *labelCmd) labels(m *Main) ([]string, classify.Mode, error) {
	mode := classify.Mode(c.Mode)
	if mode != "" && mode != classify.Single && mode != classify.Multi {
		return nil, "", fault.New(fault.ModeUnknown, "--mode %q is neither single nor multi", c.Mode)
	}
	set, err := (&labelFlags{Labels: c.Labels, LabelsFile: c.LabelsFile, Classifier: c.Classifier}).labels()
	if err != nil || c.Classifier == "" {
		return set.Names(), mode, err
	}
	in := wire.Simple{Classifier: c.Classifier}
	sp, err := in.Spec()
	if err != nil {
		return nil, "", err
	}
	info, err := wire.Classifier(sp, m.options())
	if err != nil {
		return nil, "", wire.AsFlags(err)
	}
	if mode == "" {
		mode = info.Mode
	}
	return info.Labels, mode, nil
}

func (c *labelCmd) tasks() ([]labelling.Task, error) {
	f, err := os.Open(c.Tasks)
	if err != nil {
		return nil, fault.New(fault.InputMissing, "%w", err).At(fault.Where{File: c.Tasks})
	}
	defer f.Close()
	if same, err := os.Stat(c.Output); err == nil {
		if in, err := f.Stat(); err == nil && os.SameFile(in, same) {
			return nil, fault.New(fault.ConfigLoop, "-o is the input").At(fault.Where{File: c.Output})
		}
	}
	return labelling.ReadTasks(f, c.Tasks)
}

// tell says what was labelled, and what to do with it.
func (c *labelCmd) tell(m *Main, model *labelling.Model, journal *labelling.Journal) error {
	if m.quiet {
		return nil
	}
	done, all := model.Answered()
	if journal.Mended() {
		fmt.Fprintf(m.Stdout, "note: the last line of %s was torn and is cut off\n", c.Output)
	}
	fmt.Fprintf(m.Stdout, "%d of %s labelled; %s holds %d\n", done, term.Plural(int64(all), "record"), c.Output, len(journal.Answers()))
	if err := term.WriteCounts(m.Stdout, model.Labels(), model.Counts(), m.style()); err != nil {
		return err
	}
	if done < all {
		return nil
	}
	next := []string{"winnow train", c.Output, "--label label"}
	if c.LabelsFile != "" {
		next = append(next, "--labels-file", c.LabelsFile)
	}
	_, err := fmt.Fprintf(m.Stdout, "next: %s --save NAME\n", strings.Join(next, " "))
	return err
}
