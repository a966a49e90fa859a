package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/letter"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type deadReplayCmd struct {
	letterFlags
	Output    string   `short:"o" placeholder:"PATH" help:"Where the records go: labelled ones with --spec, else as they came. Never the output that they were rejected from. A topic's may go to the spec's own sinks instead."`
	Spec      string   `placeholder:"FILE" help:"The pipeline's YAML file: its stages label the records anew."`
	Set       []string `sep:"none" placeholder:"PATH=VALUE" help:"Replace a value of the spec; may be repeated."`
	Overwrite bool     `help:"Replace the output."`
}

// Help is the command's manual below its flags.
func (deadReplayCmd) Help() string {
	return `Examples:

  winnow dead replay labelled.jsonl -o again.jsonl
  winnow dead replay out/bugs.jsonl --spec tickets.yaml -o replayed.jsonl
  winnow dead replay tickets.yaml
  winnow dead replay tickets.yaml --code record.too_large --set max_record_bytes=32MiB

Without --spec the records are written as they came, one a line, to be mended
and labelled with winnow classify. Records of CSV files get their file's header.

With a spec in place of paths, whose source and dead letters are topics, each
record goes once through the spec's stages into its sinks: a second replay does
nothing, and one that was interrupted goes on. What fails again goes to the dead
letters again, counted up. With --code the others move to the end of the topic
as they were. A value that was too large to be kept is read from where it stood.`
}

// Run takes the records out and sends them through the spec, if there is one.
func (c *deadReplayCmd) Run(ctx context.Context, m *Main) error {
	if c.Output == "" {
		return c.replayTopic(ctx, m)
	}
	if _, err := os.Stat(c.Output); err == nil && !c.Overwrite {
		return fault.New(fault.OutputExists, "there is a file already").At(fault.Where{File: c.Output})
	}
	if c.Spec == "" {
		c.Spec = c.spec()
	}
	some, err := c.any(ctx, m)
	if err != nil {
		return err
	}
	if !some {
		return m.noRejects()
	}
	if c.Spec == "" {
		n, err := c.extract(ctx, m, c.Output)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(m.Stdout, "%s to %s, as they came\n", term.Plural(n, "record"), c.Output)
		return err
	}
	dir, err := os.MkdirTemp("", "winnow-replay-")
	if err != nil {
		return fault.New(fault.OutputWrite, "%w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder may stay behind
	records := filepath.Join(dir, "records"+c.extension(ctx, m))
	if _, err := c.extract(ctx, m, records); err != nil {
		return err
	}
	s, err := (&specArgs{Spec: c.Spec, Set: c.Set}).load(m)
	if err != nil {
		return err
	}
	s = wire.Replay(s, records, c.Output)
	j := &job{name: s.Name, memory: s.Memory.Bytes(), outputs: wire.Outputs(s), rejected: wire.Rejected(s)}
	o := m.options()
	o.Overwrite = c.Overwrite
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return err
	}
	_, err = m.execute(ctx, j)
	return err
}

// replayTopic sends the records of a spec's topic through its stages into its sinks.
func (c *deadReplayCmd) replayTopic(ctx context.Context, m *Main) error {
	path := c.spec()
	if path == "" {
		return fault.New(fault.Usage, "nothing says where the records go").WithFix("give -o PATH, or a spec whose dead letters go to a topic")
	}
	s, err := (&specArgs{Spec: path, Set: c.Set}).load(m)
	if err != nil {
		return err
	}
	if s, err = wire.ReplayTopic(s, c.Code); err != nil {
		return err
	}
	if some, err := c.any(ctx, m); err != nil || !some { // else a replay of one reason would only move the others
		if err != nil {
			return err
		}
		return m.noRejects()
	}
	j := &job{name: s.Name, memory: s.Memory.Bytes(), rejected: wire.Rejected(s), again: "run the same command again"}
	o := m.options()
	stop, err := m.traces(ctx, s, &o)
	if err != nil {
		return err
	}
	defer stop()
	if j.pipeline, err = wire.Build(s, o); err != nil {
		return err
	}
	_, err = m.execute(ctx, j)
	return err
}

// any reports whether there is a record to replay.
func (c *deadReplayCmd) any(ctx context.Context, m *Main) (bool, error) {
	if c.Topic == "" && c.spec() == "" {
		files, err := c.files()
		return len(files) > 0, err
	}
	err := c.each(ctx, m, false, func(string, *letter.Letter) error { return errEnough })
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

// extension is the ending of the file that the first record came from, so that the records are read as it was.
func (c *deadReplayCmd) extension(ctx context.Context, m *Main) string {
	ext := ".jsonl"
	_ = c.each(ctx, m, false, func(_ string, l *letter.Letter) error { // a file that can't be read is told by extract
		ext = formatExt(l)
		return errEnough
	})
	return ext
}

// formatExt tells records of CSV and text from JSON objects.
func formatExt(l *letter.Letter) string {
	switch ext := filepath.Ext(l.File); ext {
	case ".csv", ".tsv", ".txt":
		return ext
	default:
		return ".jsonl"
	}
}

// extract writes the records as they came, one a line, and returns how many there were.
func (c *deadReplayCmd) extract(ctx context.Context, m *Main, path string) (n int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, pipeline.StorageError(err, path)
	}
	w := bufio.NewWriter(f)
	var header headers
	err = c.each(ctx, m, false, func(_ string, l *letter.Letter) error {
		original, kept := l.Original()
		if !kept {
			return fault.New(fault.RecordTooLarge, "the record was not kept, so it can't be replayed").At(fault.Where{File: l.Place()}).
				WithFix("take it from its source, or leave it out with --code")
		}
		if err := header.write(w, l); err != nil {
			return err
		}
		n++
		_, err := w.Write(append(original, '\n'))
		return err
	})
	if err = errors.Join(err, w.Flush(), f.Sync(), f.Close()); err != nil {
		return 0, pipeline.StorageError(err, path)
	}
	return n, nil
}

// headers puts the header of the CSV file that records came from before the first of them.
type headers struct{ done bool }

func (h *headers) write(w *bufio.Writer, l *letter.Letter) error {
	if ext := formatExt(l); h.done || ext != ".csv" && ext != ".tsv" {
		return nil
	}
	h.done = true
	f, err := os.Open(l.File)
	if err != nil {
		return fault.New(fault.InputMissing, "the header of the rejected records is needed: %w", err).At(fault.Where{File: l.File})
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil {
		return fault.New(fault.InputRead, "the header of the rejected records is needed: %w", err).At(fault.Where{File: l.File})
	}
	_, err = w.Write(line)
	return err
}
