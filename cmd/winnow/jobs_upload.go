package main

import (
	"context"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

type jobsUploadCmd struct {
	ID    string   `arg:"" help:"The job, as winnow jobs create printed it."`
	Input []string `arg:"" help:"Files, folders or patterns ('data/*.csv'): JSONL, CSV, TSV, .xlsx, text lines or Parquet; gzip, zstd, bz2."`
	inputFlags
	remoteFlags
	JSON bool `help:"Print what was sent as JSON."`
}

// Help is the command's manual below its flags.
func (jobsUploadCmd) Help() string {
	return `Examples:

  winnow jobs upload batch_k3v9 reviews.csv
  winnow jobs upload batch_k3v9 'tickets/*.jsonl.gz' --text body

Every text of the input goes to the server as a line of JSON, while it is read. Before
the start, another upload replaces the one before.`
}

// elsewhere is the name of a classifier that this program need not know.
const elsewhere = "elsewhere"

// Run sends texts to a job.
func (c *jobsUploadCmd) Run(ctx context.Context, m *Main) error {
	s, err := c.client()
	if err != nil {
		return err
	}
	defer s.Close()
	made, err := s.Ticket(ctx, c.ID)
	if err != nil {
		return err
	}
	t := &transfer{main: m, client: s, mode: classify.Single, limit: c.Limit, in: wire.Simple{Inputs: c.Input, Classifier: elsewhere}}
	c.fill(&t.in)
	if err := t.upload(ctx, made); err != nil {
		return err
	}
	if c.JSON {
		return m.printJSON(struct {
			JobID string `json:"job_id"`
			Texts int64  `json:"texts"`
		}{c.ID, t.sent})
	}
	if m.quiet {
		return nil
	}
	_, err = fmt.Fprintf(m.Stderr, "winnow: sent %s to %s\n", term.Plural(t.sent, "text"), c.ID)
	return err
}
