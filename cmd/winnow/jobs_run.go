package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type jobsRunCmd struct {
	Input []string `arg:"" help:"Files, folders or patterns ('data/*.csv'): JSONL, CSV, TSV, .xlsx, text lines or Parquet; gzip, zstd, bz2. They are read twice."`
	askFlags
	inputFlags
	outputFlags `set:"results=labels"`
	remoteFlags
	State         string `group:"running" placeholder:"DIR" help:"Where the job is noted, so that the same command goes on with it. Default: OUTPUT.winnow."`
	Overwrite     bool   `group:"running" help:"Make a new job, and replace the output."`
	FailOnRejects bool   `group:"running" help:"Exit with 4 when records were rejected."`
	JSON          bool   `group:"running" help:"Print the summary as JSON, to standard output where records don't go there."`
}

// Help is the command's manual below its flags.
func (jobsRunCmd) Help() string {
	return `Examples:

  winnow jobs run reviews.csv --labels positive,negative -o labelled.csv
  WINNOW_URL=https://winnow.example.com winnow jobs run mail.parquet --classifier spam -o labelled.parquet

The output is that of winnow classify. Ctrl-C leaves the job running: the same command
finds it again, and fetches the results.`
}

// Run has a server label the inputs.
func (c *jobsRunCmd) Run(ctx context.Context, m *Main) error {
	if slices.Contains(c.Input, "-") {
		return fault.New(fault.Usage, "the input is read twice, and standard input can't be").WithFix("put it into a file first")
	}
	wanted, err := c.wanted()
	if err != nil {
		return err
	}
	set, err := c.local().labels()
	if err != nil {
		return err
	}
	s, err := c.client()
	if err != nil {
		return err
	}
	defer s.Close()
	t := &transfer{main: m, client: s, mode: classify.Mode(c.Mode), limit: c.Limit, keep: c.Keep}
	if t.mode == "" {
		t.mode = classify.Single
	}
	t.in = wire.Simple{Inputs: c.Input, Labels: set, Classifier: c.Classifier, Mode: c.Mode, Threshold: c.Threshold}
	c.inputFlags.fill(&t.in)
	c.outputFlags.fill(&t.in)
	if _, err := t.in.Spec(); err != nil {
		return err
	}
	e, err := openErrand(t.in.StateFolder(c.State), c.Overwrite)
	if err != nil {
		return err
	}
	defer e.close()
	r := &remoteRun{cmd: c, main: m, transfer: t, client: s, errand: e}
	return r.run(ctx, wanted)
}

// remoteRun leads records through a job and back.
type remoteRun struct {
	cmd      *jobsRunCmd
	main     *Main
	transfer *transfer
	client   *client.Client
	errand   *errand
}

func (r *remoteRun) run(ctx context.Context, wanted *client.Ask) error {
	note := r.errand.note
	if err := note.fits(r.cmd.Server, wanted); err != nil {
		return err
	}
	out := r.cmd.Output
	switch there, err := exists(out); {
	case err != nil:
		return err
	case there && note.Done:
		r.say("already complete: %s", out)
		return nil
	case there && !r.cmd.Overwrite && !r.errand.sealed(): // refused before a job is made for it
		return pipeline.OutputExists(out)
	}
	start, err := r.begin(ctx, wanted)
	if err != nil {
		return r.interrupted(err)
	}
	if err := r.await(ctx, start); err != nil {
		return r.interrupted(err)
	}
	return r.interrupted(r.fetch(ctx))
}

// exists tells whether an output is there already: a file, or a folder with something in it.
func exists(out string) (bool, error) {
	if out == "" || out == "-" {
		return false, nil
	}
	info, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.IsDir() {
		return err == nil, fault.Storage(err, out)
	}
	entries, err := os.ReadDir(out)
	return len(entries) > 0, fault.Storage(err, out)
}

// begin brings a job to where it waits for nothing but the server, and tells whether it is still to be started.
func (r *remoteRun) begin(ctx context.Context, wanted *client.Ask) (start bool, err error) {
	note := &r.errand.note
	var made *client.Created
	if note.JobID != "" {
		j, err := r.client.Job(ctx, note.JobID)
		switch {
		case fault.Is(err, fault.JobUnknown): // it was deleted meanwhile: another one does as well
			*note = newNote(r.cmd.Server, wanted)
		case err != nil:
			return false, err
		case j.State == "failed" || j.State == "cancelled":
			r.say("%s is %s, and goes on", j.JobID, j.State)
			return true, nil
		case j.State != "pending":
			r.say("going on with %s", j.JobID)
			return false, nil
		default:
			if made, err = r.client.Ticket(ctx, j.JobID); err != nil {
				return false, err
			}
		}
	}
	if made == nil {
		if err := r.transfer.check(ctx); err != nil { // before a job is made for it
			return false, err
		}
		if made, err = r.client.Create(ctx, wanted); err != nil {
			return false, err
		}
		*note = newNote(r.cmd.Server, wanted)
		note.JobID = made.JobID
		if err := r.errand.save(); err != nil {
			return false, err
		}
	}
	if err := r.transfer.upload(ctx, made); err != nil {
		return false, err
	}
	note.Look = r.transfer.look
	if err := r.errand.save(); err != nil {
		return false, err
	}
	r.say("sent %s to %s", term.Plural(r.transfer.sent, "text"), made.JobID)
	return true, nil
}

// await starts the job, if that is still to be done, and waits for its end. A signal ends the waiting, and the job goes on.
func (r *remoteRun) await(ctx context.Context, start bool) error {
	ctx, stop := r.main.interruptible(ctx)
	defer stop()
	var j *client.Job
	var err error
	if start {
		err = r.client.Start(ctx, r.errand.note.JobID, client.StartQueued)
	}
	if err == nil {
		j, err = r.main.watchJob(ctx, r.client, r.errand.note.JobID, false)
	}
	if ctx.Err() != nil {
		return fault.New(fault.RunInterrupted, "no longer waiting for %s, which goes on", r.errand.note.JobID)
	}
	if err != nil {
		return err
	}
	return outcome(j)
}

// fetch gets the results, and puts them to the records.
func (r *remoteRun) fetch(ctx context.Context) error {
	results, err := r.errand.scratch()
	if err != nil {
		return err
	}
	defer results.Close()
	fetching, stop := r.main.interruptible(ctx)
	found, err := r.client.Download(fetching, r.errand.note.JobID, false, results)
	stopped := fetching.Err() != nil
	stop()
	if stopped {
		return fault.New(fault.RunInterrupted, "stopped while fetching the results of %s", r.errand.note.JobID)
	}
	if err != nil {
		return err
	}
	if _, err := results.Seek(0, io.SeekStart); err != nil {
		return fault.Storage(err, results.Name())
	}
	c := r.cmd
	flags := runFlags{Overwrite: c.Overwrite, FailOnRejects: c.FailOnRejects, JSON: c.JSON}
	err = r.transfer.join(ctx, r.errand.note.Look, results, found, r.errand.join(), flags)
	if err != nil && !fault.Is(err, fault.RunRejects) {
		return err
	}
	r.errand.note.Done = true
	return errors.Join(err, r.errand.save(), r.errand.tidy())
}

// interrupted says how to go on after a signal.
func (r *remoteRun) interrupted(err error) error {
	e, ok := fault.As(err)
	if !ok || e.Code != fault.RunInterrupted {
		return err
	}
	id := r.errand.note.JobID
	switch {
	case r.errand.kept() && r.cmd.Overwrite:
		return e.WithFix("run the same command without --overwrite: it goes on with %s", id)
	case r.errand.kept():
		return e.WithFix("run the same command again: it goes on with %s", id)
	default:
		return e.WithFix("winnow jobs watch %s shows it, and winnow jobs results %s fetches its results", id, id)
	}
}

// say tells people where the run stands.
func (r *remoteRun) say(format string, args ...any) {
	if !r.main.quiet {
		_ = term.Say(r.main.Stderr, "winnow: %s", fmt.Sprintf(format, args...)) // nothing depends on it
	}
}
