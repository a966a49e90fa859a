package main

import (
	"context"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type jobsWatchCmd struct {
	ID string `arg:"" help:"The job."`
	remoteFlags
	JSON bool `help:"Print each change as a line of JSON."`
}

// Help is the command's manual below its flags.
func (jobsWatchCmd) Help() string {
	return `Examples:

  winnow jobs watch batch_k3v9

It ends with the job: with status 0 where that completed. Ctrl-C ends the watching, and
the job goes on.`
}

// Run watches a job until it ends.
func (c *jobsWatchCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		j, err := m.watchJob(ctx, s, c.ID, c.JSON)
		if ctx.Err() != nil {
			return fault.New(fault.RunInterrupted, "no longer watching %s, which goes on", c.ID).WithFix("winnow jobs watch %s shows it again", c.ID)
		}
		if err != nil {
			return err
		}
		if !c.JSON {
			err = m.showJob(j, false)
		}
		if err == nil {
			err = outcome(j)
		}
		return err
	})
}

// outcome is the error of a job that is over and not completed.
func outcome(j *client.Job) error {
	if j.Status == "completed" {
		return nil
	}
	why := "the job is " + j.State
	if j.Error != nil && j.State == "failed" {
		why = "the job failed: " + *j.Error
	}
	return fault.New(fault.JobFailed, "%s", why).WithFix("mend the cause; winnow jobs start %s lets it go on", j.JobID)
}

// watchJob shows a job's progress until it is over: as a bar on a terminal, as a log elsewhere, as JSON where asked for.
func (m *Main) watchJob(ctx context.Context, s *client.Client, id string, asJSON bool) (*client.Job, error) {
	screen := term.NewScreen(m.Stderr, m.color)
	defer screen.Clear()
	w := &jobView{main: m, screen: screen, asJSON: asJSON}
	j, err := s.Watch(ctx, id, w.see)
	if w.err != nil {
		err = w.err
	}
	return j, err
}

// jobView shows a job's progress.
type jobView struct {
	main   *Main
	screen *term.Screen
	asJSON bool
	err    error

	last   client.Job
	begun  time.Time // when done was first seen to be from
	from   int64
	logged time.Time
}

func (v *jobView) see(j *client.Job) {
	now := time.Now()
	if v.begun.IsZero() {
		v.begun, v.from, v.logged = now, j.Completed, now
	}
	p := term.JobProgress{State: j.State, Done: j.Completed, Total: j.Total, Failed: j.Failed}
	if passed := now.Sub(v.begun); passed >= time.Second {
		p.Rate = float64(j.Completed-v.from) / passed.Seconds()
	}
	changed := j.State != v.last.State || j.Completed != v.last.Completed
	v.last = *j
	switch {
	case v.asJSON:
		if changed && v.err == nil {
			v.err = v.main.printJSON(j)
		}
	case v.main.quiet:
	case v.screen.Live():
		v.screen.Draw([]string{term.JobLine(&p, v.screen.Style())})
	case now.Sub(v.logged) >= logEvery:
		v.logged = now
		v.main.Log.Info().Str("job", j.JobID).Str("state", j.State).Int64("done", j.Completed).Int64("total", j.Total).Int64("failed", j.Failed).Msg("progress")
	}
}
