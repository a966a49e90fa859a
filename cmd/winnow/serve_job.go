package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	jobs "github.com/winnow-stream/winnow/pipeline/job"
)

// jobBuilder makes jobs ready to run.
type jobBuilder struct {
	store  *jobs.Store
	blobs  blobs
	files  *filestore.Store
	server *api.Server // which answers the requests of batches
	work   string      // the folder of jobs' folders
	log    zerolog.Logger
	// plugins starts those that saved classifiers are.
	plugins *wire.Plugins
}

// build fetches a job's input, where it is not on this machine, and makes its pipeline. What an earlier process of this
// server has left of the job is gone on with; another server begins anew.
func (b *jobBuilder) build(ctx context.Context, j *jobs.Job) (*jobs.Work, error) {
	c, err := api.ConfigOf(j)
	if err != nil {
		return nil, err
	}
	dir := b.folder(j)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault.Storage(err, dir)
	}
	input, err := b.blobs.Fetch(ctx, j.Input, dir)
	if err != nil {
		return nil, err
	}
	if j.Total == 0 { // it did not come through a server, or is a table
		if err := b.count(ctx, j, c, input); err != nil {
			return nil, err
		}
	}
	switch requests, err := b.server.Answering(j); {
	case err != nil:
		return nil, err
	case requests != nil:
		return b.requests(j, requests, input, dir)
	}
	results := wire.JobResults
	var p *pipeline.Pipeline
	if c.Table == nil {
		p, err = wire.Job(j.ID, input, dir, c.Classify(), c.Include, b.plugins, b.log)
	} else {
		results = wire.TableResults
		p, err = wire.Table(j.ID, input, dir, c.Table, c.Classify(), b.plugins, b.log)
	}
	if err != nil {
		return nil, err
	}
	return &jobs.Work{
		Pipeline: p,
		Publish: func(ctx context.Context) (string, error) {
			return b.publish(ctx, j, filepath.Join(dir, results))
		},
		Clean: func() error { return b.clean(j) },
	}, nil
}

// folder is where a run of a job has its files: one that was begun anew has a folder of its own.
func (b *jobBuilder) folder(j *jobs.Job) string {
	return filepath.Join(b.work, j.ID, "run"+strconv.FormatInt(j.Run, 10))
}

// clean removes what a job's runs have left on this machine.
func (b *jobBuilder) clean(j *jobs.Job) error { return os.RemoveAll(filepath.Join(b.work, j.ID)) }

// publish keeps a job's results.
func (b *jobBuilder) publish(ctx context.Context, j *jobs.Job, path string) (string, error) {
	key := j.NewKey("results")
	return key, b.blobs.PutFile(ctx, key, path)
}

// salvage keeps what a job that did not complete has left in its folder: the files of a batch of requests, and of any other
// job the results of the records that are done.
func (b *jobBuilder) salvage(ctx context.Context, j *jobs.Job, done jobs.Progress) (results string, err error) {
	c, err := api.ConfigOf(j)
	if err != nil {
		return "", err
	}
	dir := b.folder(j)
	switch {
	case c.Requests != nil:
		return "", b.leave(ctx, j, done, dir)
	case c.Table != nil:
		return b.salvageTable(ctx, j, c, dir)
	}
	head, err := wire.PartialResults(dir, done.Done)
	if head == nil || err != nil {
		return "", err
	}
	defer head.Close()
	key := j.NewKey("partial")
	_, err = b.blobs.Put(ctx, key, head)
	return key, err
}

// salvageTable keeps the rows that a job over a table has done.
func (b *jobBuilder) salvageTable(ctx context.Context, j *jobs.Job, c *api.JobConfig, dir string) (results string, err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) { // it has not begun, or elsewhere
		return "", nil
	}
	input, err := b.blobs.Fetch(ctx, j.Input, dir)
	if err != nil {
		return "", err
	}
	err = wire.PartialTable(ctx, j.ID, input, dir, c.Table, c.Classify(), b.plugins, b.log, func(path string) error {
		results = j.NewKey("partial")
		return b.blobs.PutFile(ctx, results, path)
	})
	return results, err
}

// leave makes files of a batch's account of what it has left in its folder.
func (b *jobBuilder) leave(ctx context.Context, j *jobs.Job, done jobs.Progress, dir string) error {
	return api.Leave(ctx, b.files, j, done, filepath.Join(dir, wire.Answered), filepath.Join(dir, wire.Refused))
}

// requests makes a batch of requests ready to run. What it answers becomes files of its account.
func (b *jobBuilder) requests(j *jobs.Job, a *api.Answering, input, dir string) (*jobs.Work, error) {
	p, err := wire.Requests(j.ID, input, dir, a, api.ReplyColumn, b.log)
	if err != nil {
		return nil, err
	}
	return &jobs.Work{
		Pipeline: p,
		Publish: func(ctx context.Context) (string, error) {
			if err := b.leave(ctx, j, jobs.Progress{}, dir); err != nil { // sealed, they are whole
				return "", err
			}
			return b.publish(ctx, j, filepath.Join(dir, wire.Answered))
		},
		Clean: func() error { return b.clean(j) },
	}, nil
}

// count counts an input's records.
func (b *jobBuilder) count(ctx context.Context, j *jobs.Job, c *api.JobConfig, input string) error {
	if t := c.Table; t != nil {
		rows, blank, err := table.Count(ctx, disk.OS{}, input, t.Input)
		if err != nil {
			return err
		}
		return b.store.Counted(ctx, j.ID, rows, j.Estimate, append(j.Warnings, api.BlankLines(blank)...)...)
	}
	f, err := os.Open(input)
	if err != nil {
		return fault.Unreadable(err, input)
	}
	defer f.Close()
	records, tokens, blank, err := api.CountRecords(f)
	if err != nil {
		return fault.Unreadable(err, input)
	}
	return b.store.Counted(ctx, j.ID, records, tokens, api.BlankLines(blank)...)
}
