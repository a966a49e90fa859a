package main

import (
	"bytes"
	"context"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type deadPurgeCmd struct {
	letterFlags
	All bool `help:"Of a topic: also the records that were not replayed yet."`
	Yes bool `help:"Remove them; without it the command only says what it would remove."`
}

// Help is the command's manual below its flags.
func (deadPurgeCmd) Help() string {
	return `Examples:

  winnow dead purge labelled.jsonl
  winnow dead purge labelled.jsonl --code record.json --yes
  winnow dead purge tickets.yaml --yes

Of a topic it removes what was replayed, by deleting records up to an offset; so
--code can't choose among them. --all removes everything.`
}

// Run removes the records, file by file; each file is replaced as a whole, and removed where nothing is left.
func (c *deadPurgeCmd) Run(ctx context.Context, m *Main) error {
	t, err := c.topic(ctx, m)
	if err != nil {
		return err
	}
	if t != nil {
		defer t.close()
		if c.Code != "" {
			return fault.New(fault.Usage, "a topic is cut at an offset, so --code can't choose what is removed").WithFix("leave --code out")
		}
		return t.purge(ctx, c.All, c.Yes)
	}
	files, err := c.files()
	if err != nil {
		return err
	}
	for _, file := range files {
		removed, rest, err := c.split(file)
		if err != nil {
			return err
		}
		if !c.Yes {
			if err := m.purged(removed, file, false); err != nil {
				return err
			}
			continue
		}
		if len(rest) == 0 {
			err = os.Remove(file)
		} else {
			err = disk.WriteFile(disk.OS{}, file, rest)
		}
		if err != nil {
			return pipeline.StorageError(err, file)
		}
		if err := m.purged(removed, file, true); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return m.noRejects()
	}
	return notPurged(c.Yes)
}

// purged says what was removed, or would be.
func (m *Main) purged(n int64, place string, really bool) error {
	verb := "removed"
	if !really {
		verb = "would remove"
	}
	return term.Say(m.Stdout, "%s %s from %s", verb, term.Plural(n, "record"), place)
}

// notPurged is the error of a command that only said what it would remove.
func notPurged(yes bool) error {
	if yes {
		return nil
	}
	return fault.New(fault.Usage, "nothing was removed").WithFix("add --yes to remove them")
}

// split counts the records to remove and gathers the others.
func (c *deadPurgeCmd) split(file string) (removed int64, rest []byte, err error) {
	var keep bytes.Buffer
	for l, err := range letter.Read(file) {
		if err != nil {
			return 0, nil, err
		}
		if c.wanted(l) {
			removed++
			continue
		}
		keep.Write(l.Raw)
		keep.WriteByte('\n')
	}
	return removed, keep.Bytes(), nil
}
