package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type jobsResultsCmd struct {
	ID        string `arg:"" help:"The job."`
	Output    string `short:"o" placeholder:"FILE" help:"Where the results go, a line of JSON for each text. Default, and -: standard output."`
	Overwrite bool   `help:"Replace the output where it exists."`
	Partial   bool   `help:"Fetch what a job has left that failed or was cancelled: the results of its first texts."`
	remoteFlags
}

// Help is the command's manual below its flags.
func (jobsResultsCmd) Help() string {
	return `Examples:

  winnow jobs results batch_k3v9 -o results.ndjson
  winnow jobs results batch_k3v9 --partial | tail -n 3

The lines stand in the order of the texts. winnow jobs run puts them beside the records
that the texts came from.`
}

// Run fetches a job's results.
func (c *jobsResultsCmd) Run(ctx context.Context, m *Main) error {
	return c.ask(ctx, m, func(ctx context.Context, s *client.Client) error {
		if c.Output == "" || c.Output == "-" {
			w := bufio.NewWriter(term.Data(m.Stdout))
			_, err := s.Download(ctx, c.ID, c.Partial, w)
			return errors.Join(err, w.Flush())
		}
		if !c.Overwrite {
			if there, err := disk.Exists(disk.OS{}, c.Output); err != nil {
				return fault.Storage(err, c.Output)
			} else if there {
				return pipeline.OutputExists(c.Output)
			}
		}
		return writeWhole(c.Output, func(w io.Writer) error {
			_, err := s.Download(ctx, c.ID, c.Partial, w)
			return err
		})
	})
}

// writeWhole writes a file that is there when it is whole, and not before.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return fault.Storage(err, path)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name()) // what is left says by its name that it is none
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fault.Storage(err, path)
	}
	return fault.Storage(os.Rename(f.Name(), path), path)
}
