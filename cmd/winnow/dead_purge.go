package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type deadPurgeCmd struct {
	letterFlags
	Yes bool `help:"Remove them; without it the command only says what it would remove."`
}

// Help is the command's manual below its flags.
func (deadPurgeCmd) Help() string {
	return `Examples:

  winnow dead purge labelled.jsonl
  winnow dead purge labelled.jsonl --code record.json --yes`
}

// Run removes the records, file by file; each file is replaced as a whole, and removed where nothing is left.
func (c *deadPurgeCmd) Run(m *Main) error {
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
			if _, err := fmt.Fprintf(m.Stdout, "would remove %s from %s\n", term.Plural(removed, "record"), file); err != nil {
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
		if _, err := fmt.Fprintf(m.Stdout, "removed %s from %s\n", term.Plural(removed, "record"), file); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return m.noRejects()
	}
	if !c.Yes {
		return fault.New(fault.Usage, "nothing was removed").WithFix("add --yes to remove them")
	}
	return nil
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
