package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// jobBuilder makes jobs ready to run.
type jobBuilder struct {
	store *jobs.Store
	blobs blobs
	work  string // the folder of jobs' folders
	log   zerolog.Logger
}

// build fetches a job's input, where it is not on this machine, and makes its pipeline. What an earlier process of this
// server has left of the job is gone on with; another server begins anew.
func (b *jobBuilder) build(ctx context.Context, j *jobs.Job) (*jobs.Work, error) {
	var c api.JobConfig
	if err := json.Unmarshal(j.Config, &c); err != nil {
		return nil, fmt.Errorf("read a job's configuration: %w", err)
	}
	dir := filepath.Join(b.work, j.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Storage(err, dir)
	}
	input, err := b.blobs.Fetch(ctx, j.Input, dir)
	if err != nil {
		return nil, err
	}
	if j.Total == 0 { // it did not come through a server
		if err := b.count(ctx, j, input); err != nil {
			return nil, err
		}
	}
	p, err := wire.Job(j.ID, input, dir, c.Classify(), b.log)
	if err != nil {
		return nil, err
	}
	return &jobs.Work{
		Pipeline: p,
		Publish: func(ctx context.Context) (string, error) {
			key := j.NewKey("results")
			return key, b.blobs.PutFile(ctx, key, filepath.Join(dir, wire.JobResults))
		},
		Clean: func() error { return os.RemoveAll(dir) },
	}, nil
}

// count counts an input's records.
func (b *jobBuilder) count(ctx context.Context, j *jobs.Job, input string) error {
	f, err := os.Open(input)
	if err != nil {
		return fault.Unreadable(err, input)
	}
	defer f.Close()
	records, tokens, err := api.CountRecords(f)
	if err != nil {
		return fault.Unreadable(err, input)
	}
	return b.store.Counted(ctx, j.ID, records, tokens)
}
