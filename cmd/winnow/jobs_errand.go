package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// note is what is kept of a job that a command waits for, so that the same command finds it again.
type note struct {
	Server string `json:"server"`
	Asked  string `json:"asked"` // hash of what the job is to do
	JobID  string `json:"job_id"`
	Look   string `json:"look"` // of the input whose texts were sent
	Done   bool   `json:"done"` // the output is there
}

func newNote(server string, a *client.Ask) note {
	data, _ := json.Marshal(a) // of texts and numbers: it can't fail
	sum := sha256.Sum256(data)
	return note{Server: server, Asked: hex.EncodeToString(sum[:])}
}

// fits refuses the note of another command.
func (n *note) fits(server string, a *client.Ask) error {
	want := newNote(server, a)
	if n.JobID == "" || n.Server == want.Server && n.Asked == want.Asked {
		return nil
	}
	return fault.New(fault.StateForeign, "the folder knows a job of another server, or with other labels")
}

// errand is the folder of a note: that of the output's state. Without an output there is none, and nothing is kept.
type errand struct {
	dir  string
	lock io.Closer
	note note
}

// noteFile is the note's name in its folder.
const noteFile = "job.json"

// openErrand locks a folder and reads its note; anew makes it forget the one that is there.
func openErrand(dir string, anew bool) (*errand, error) {
	e := &errand{dir: dir}
	if dir == "" {
		return e, nil
	}
	if err := disk.MakeDir(disk.OS{}, dir); err != nil {
		return nil, fault.Storage(err, dir)
	}
	lock, err := disk.OS{}.Lock(filepath.Join(dir, "lock"))
	var held *disk.LockedError
	if errors.As(err, &held) {
		return nil, fault.New(fault.StateLocked, "%s", held).At(fault.Where{File: dir})
	}
	if err != nil {
		return nil, fault.Storage(err, dir)
	}
	e.lock = lock
	data, err := os.ReadFile(filepath.Join(dir, noteFile))
	if anew || errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &e.note)
	}
	if err != nil {
		e.close()
		return nil, fault.New(fault.StateDamaged, "read the note of a job: %w", err).At(fault.Where{File: dir})
	}
	return e, nil
}

// kept tells whether the same command finds the job again.
func (e *errand) kept() bool { return e.dir != "" && e.note.JobID != "" }

// save writes the note.
func (e *errand) save() error {
	if e.dir == "" {
		return nil
	}
	data, err := json.Marshal(&e.note)
	if err != nil {
		return err
	}
	return fault.Storage(disk.WriteFile(disk.OS{}, filepath.Join(e.dir, noteFile), append(data, '\n')), e.dir)
}

// scratch is an empty file for results. Closing it frees what it takes.
func (e *errand) scratch() (*os.File, error) {
	f, err := os.CreateTemp(e.dir, "results-*") // without a folder: in the system's
	if err != nil {
		return nil, fault.Storage(err, e.dir)
	}
	// It has no name from here on, so a process that dies leaves nothing.
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, fault.Storage(err, e.dir)
	}
	return f, nil
}

// join is the folder of the state of the pipeline that joins records and results; empty: there is none.
func (e *errand) join() string {
	if e.dir == "" {
		return ""
	}
	return filepath.Join(e.dir, "join")
}

// sealed tells whether the output was put in its place, or may have been when a process died.
func (e *errand) sealed() bool {
	if e.dir == "" {
		return false
	}
	st, err := pipeline.ReadStatus(disk.OS{}, e.join())
	return err == nil && (st.Phase == pipeline.Sealing || st.Phase == pipeline.Completed)
}

// tidy removes what is of no use once the output is there.
func (e *errand) tidy() error {
	if e.dir == "" {
		return nil
	}
	return fault.Storage(os.RemoveAll(e.join()), e.dir)
}

func (e *errand) close() {
	if e.lock != nil {
		_ = e.lock.Close() // the lock ends with it in any case
	}
}
