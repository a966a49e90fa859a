package main

import (
	"fmt"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
)

// deadCmd is about rejected records; its commands are in dead_*.go.
type deadCmd struct {
	List   deadListCmd   `cmd:"" help:"Count rejected records by reason."`
	Show   deadShowCmd   `cmd:"" help:"Show rejected records with reason, place and remedy."`
	Replay deadReplayCmd `cmd:"" help:"Send rejected records through a spec again, or take them out as they came."`
	Purge  deadPurgeCmd  `cmd:"" help:"Remove rejected records."`
}

// letterFlags choose rejected records.
type letterFlags struct {
	Path []string `arg:"" help:"Outputs, files of rejected records, or folders."`
	Code string   `placeholder:"CODE" help:"Only records rejected for this reason, such as record.json."`
}

// files are the files that the paths mean.
func (f *letterFlags) files() ([]string, error) {
	var all []string
	for _, p := range f.Path {
		found, err := letter.Find(p)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// noRejects says that there is nothing to do.
func (m *Main) noRejects() error {
	_, err := fmt.Fprintln(m.Stdout, "no rejected records")
	return err
}

// wanted reports whether a record was rejected for the reason that was asked for.
func (f *letterFlags) wanted(l *letter.Letter) bool { return f.Code == "" || l.Code == f.Code }

// each calls do with every wanted record, until it returns an error.
func (f *letterFlags) each(do func(file string, l *letter.Letter) error) error {
	files, err := f.files()
	if err != nil {
		return err
	}
	for _, file := range files {
		for l, err := range letter.Read(file) {
			if err != nil {
				return err
			}
			if !f.wanted(l) {
				continue
			}
			if err := do(file, l); err != nil {
				return err
			}
		}
	}
	return nil
}
