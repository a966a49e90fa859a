package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/pipeline/fault"
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
	Path  []string `arg:"" optional:"" help:"Outputs, files of rejected records, folders, or a spec whose dead letters go to a topic."`
	Code  string   `placeholder:"CODE" help:"Only records rejected for this reason, such as record.json."`
	Topic string   `group:"kafka" placeholder:"TOPIC" help:"A topic of rejected records, in place of a path; with --brokers."`
	connectionFlags
}

// spec is the spec that is named in place of paths; empty where none is.
func (f *letterFlags) spec() string {
	if len(f.Path) != 1 {
		return ""
	}
	if ext := filepath.Ext(f.Path[0]); ext != ".yaml" && ext != ".yml" {
		return ""
	}
	return f.Path[0]
}

// files are the files that the paths mean.
func (f *letterFlags) files() ([]string, error) {
	if len(f.Path) == 0 {
		return nil, fault.New(fault.Usage, "nothing says where the rejected records are").
			WithFix("name an output, a spec, or a topic with --brokers and --topic")
	}
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

// each calls do with every wanted record and the file or topic that it lies in, until do returns an error. Of a topic
// that a spec names it leaves out what was replayed, unless all is set.
func (f *letterFlags) each(ctx context.Context, m *Main, all bool, do func(place string, l *letter.Letter) error) error {
	t, err := f.topic(ctx, m)
	if err != nil {
		return err
	}
	if t != nil {
		defer t.close()
		return t.each(ctx, all, func(place string, l *letter.Letter) error {
			if !f.wanted(l) {
				return nil
			}
			return do(place, l)
		})
	}
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
