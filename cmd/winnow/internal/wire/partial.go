package wire

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// PartialResults are the lines that a job has committed which did not complete: one for each of its first done records, or
// fewer where its folder, which another process may have begun, has fewer. nil: the folder has no results. The caller closes
// them; nobody may run the job meanwhile.
func PartialResults(dir string, done int64) (io.ReadCloser, error) {
	head, err := part.Head(filepath.Join(dir, JobResults+part.Suffix), done)
	if errors.Is(err, fs.ErrNotExist) { // the end came between the seal and the publication, or there is nothing
		head, err = part.Head(filepath.Join(dir, JobResults), done)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fault.Unreadable(err, JobResults)
	default:
		return head, nil
	}
}

// PartialTable gives use the path of a file with what a table's job has committed that did not complete; nothing, where it
// has committed nothing. No format but JSON lines is whole before its end: so a copy of what the job has left is brought to
// one, and the job itself can still go on. Nobody may run the job meanwhile.
func PartialTable(ctx context.Context, id, input, dir string, t *table.Config, c *spec.Classify, plugins *Plugins, log zerolog.Logger, use func(path string) error) (err error) {
	s, err := pipeline.ReadStatus(disk.OS{}, filepath.Join(dir, jobState))
	switch {
	case fault.Is(err, fault.StateMissing), err == nil && s.Committed.Read == 0:
		return nil
	case err != nil:
		return err
	case s.Phase == pipeline.Completed: // the end came between the seal and the publication
		return use(filepath.Join(dir, TableResults))
	}
	copied, err := os.MkdirTemp(dir, "partial-")
	if err != nil {
		return fault.Storage(err, dir)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(copied)) }()
	if err := copyRun(dir, copied); err != nil {
		return fault.Storage(err, copied)
	}
	p, err := buildTable(tableSpec(id, input, dir, t, c), copied, t, c, Options{Finish: true, AllowRejected: true, Plugins: plugins, Log: log})
	if err != nil {
		return err
	}
	if _, err := p.Run(ctx); err != nil {
		return err
	}
	return use(filepath.Join(copied, TableResults))
}

// copyRun copies what a table's job has in its folder, its input aside, to an empty one.
func copyRun(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case name == ".", name == jobState:
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case d.IsDir():
			return fs.SkipDir
		case !strings.HasPrefix(name, TableResults) && filepath.Dir(name) != jobState:
			return nil
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
