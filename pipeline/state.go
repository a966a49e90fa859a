package pipeline

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// StateVersion is the version of the state files' format. A newer one is refused, older ones are read.
const StateVersion = 1

// Names of the files in a state folder.
const (
	runFile        = "run.json"        // what the run is: written once, when it begins
	checkpointFile = "checkpoint.json" // how far it is: replaced by each commit
	refinedFile    = "refined.bin"     // the classifier's moved prototypes, named by hash in the checkpoint
	lockFile       = "lock"
)

// runState is what a run is, written once.
type runState struct {
	RunID    string            `json:"run_id"`
	Identity string            `json:"identity"`           // of spec and classifier
	Splits   []splitState      `json:"splits"`             // the input as it was when the run began
	Resolved map[string]string `json:"resolved,omitempty"` // Config.Resolved when the run began
	Results  map[string]string `json:"results"`            // result column → its name in the output
	// Overwrite tells that the run replaces outputs that were there before: a resumed one may, too.
	Overwrite bool `json:"overwrite,omitempty"`
}

type splitState struct {
	ID          string `json:"id"`
	Start       int64  `json:"start"`
	End         int64  `json:"end"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// checkpoint is the durable fact of an epoch.
type checkpoint struct {
	RunID    string              `json:"run_id"`
	Epoch    int64               `json:"epoch"`
	Phase    Phase               `json:"phase"` // Running, Sealing or Completed
	Done     int                 `json:"done"`  // the run's first splits that are read to their end
	Next     map[string]Position `json:"next"`  // of splits after those
	Counts   Counts              `json:"counts"`
	Sinks    map[string]int64    `json:"sinks"` // rows delivered to each
	Tally    Tally               `json:"tally"`
	Receipts map[string]Receipt  `json:"receipts"`          // by sink; deadLettersName for the dead letters
	Refined  string              `json:"refined,omitempty"` // SHA-256 of refinedFile
	// Last is up to where the last epoch that covered any records has its splits. What a sink keeps offsets of that it has lost, it
	// has lost at its end.
	Last map[string]int64 `json:"last,omitempty"`
}

// stateStore reads and writes a state folder. Nil stands for a pipeline that keeps none.
type stateStore struct {
	fs   disk.FS
	dir  string
	lock io.Closer
}

// openState locks the folder against other processes, making it where it is missing.
func openState(fsys disk.FS, dir string) (*stateStore, error) {
	if err := disk.MakeDir(fsys, dir); err != nil {
		return nil, stateError(dir, err)
	}
	s := &stateStore{fs: fsys, dir: dir}
	if l, ok := fsys.(disk.Locker); ok {
		lock, err := l.Lock(filepath.Join(dir, lockFile))
		var held *disk.LockedError
		if errors.As(err, &held) {
			return nil, fault.New(fault.StateLocked, "%s", held).At(fault.Where{File: dir})
		}
		if err != nil {
			return nil, stateError(dir, err)
		}
		s.lock = lock
	}
	return s, nil
}

// abandon forgets a run that never began anything, and with it the folder, if that holds nothing else: a refused command
// leaves no trace.
func (s *stateStore) abandon() error {
	if s == nil {
		return nil
	}
	if err := s.forget(); err != nil {
		return err
	}
	if s.lock != nil {
		if err := s.fs.Remove(filepath.Join(s.dir, lockFile)); err != nil {
			return stateError(s.dir, err)
		}
	}
	_ = s.fs.Remove(s.dir) // refused where something else is in it
	return nil
}

func (s *stateStore) close() error {
	if s == nil || s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// resume returns the run and its last checkpoint; nil, nil, nil where none has begun. What it returns is durable: an
// earlier process may have been killed between a rename and its sync, and what is built on that must not lose its
// ground when the power goes.
func (s *stateStore) resume() (*runState, *checkpoint, error) {
	if err := s.fs.SyncDir(s.dir); err != nil {
		return nil, nil, stateError(s.dir, err)
	}
	return s.load()
}

// load reads the run and its last checkpoint; nil, nil, nil where none has begun.
func (s *stateStore) load() (*runState, *checkpoint, error) {
	run, cp := new(runState), new(checkpoint)
	begun, err := s.read(runFile, run)
	if err != nil || !begun {
		return nil, nil, err
	}
	found, err := s.read(checkpointFile, cp)
	if err != nil {
		return nil, nil, err
	}
	where := fault.Where{File: filepath.Join(s.dir, checkpointFile)}
	switch {
	case !found: // the checkpoint is written before the run file, so it was taken away
		return nil, nil, fault.New(fault.StateMissing, "the run %s had begun, but its checkpoint is gone", run.RunID).At(where)
	case cp.RunID != run.RunID:
		return nil, nil, fault.New(fault.StateDamaged, "the checkpoint belongs to run %s, the folder to run %s", cp.RunID, run.RunID).At(where)
	}
	return run, cp, nil
}

// begin records a fresh run. After it, leftovers in the outputs are the run's own.
func (s *stateStore) begin(run *runState, cp *checkpoint) error {
	if s == nil {
		return nil
	}
	if err := s.record(cp); err != nil {
		return err
	}
	if err := s.write(runFile, run); err != nil {
		return err
	}
	failpoint.Hit("state.begun")
	return nil
}

// record makes a checkpoint durable.
func (s *stateStore) record(cp *checkpoint) error {
	if s == nil {
		return nil
	}
	return s.write(checkpointFile, cp)
}

// ReadStatus tells from a state folder alone how far a run is that no process works on: its phase is Completed,
// Sealing (a restart finishes it) or Stopped. Folders without a run give state.missing.
func ReadStatus(fsys disk.FS, dir string) (Status, error) {
	s := &stateStore{fs: fsys, dir: dir}
	run, cp, err := s.load()
	if err != nil {
		return Status{}, err
	}
	if run == nil {
		return Status{}, fault.New(fault.StateMissing, "no run was begun here").At(fault.Where{File: dir})
	}
	st := Status{
		RunID: run.RunID, Phase: cp.Phase, Resumed: true, Epoch: cp.Epoch, Counts: cp.Counts, Committed: cp.Counts,
		Tally: cp.Tally, Sinks: cp.Sinks,
	}
	if cp.Phase == Running {
		st.Phase = Stopped
	}
	for i, split := range run.Splits {
		at := SplitStatus{ID: split.ID, Start: split.Start, Next: split.Start, End: split.End, Done: i < cp.Done}
		if next, ok := cp.Next[split.ID]; ok {
			at.Next = next.Offset
		} else if at.Done && at.End >= 0 {
			at.Next = at.End
		}
		st.Splits = append(st.Splits, at)
	}
	return st, nil
}

// ReadResolved returns what names in the spec stood for when the run of a state folder began (Config.Resolved); nil where
// none has begun.
func ReadResolved(fsys disk.FS, dir string) (map[string]string, error) {
	run := new(runState)
	begun, err := (&stateStore{fs: fsys, dir: dir}).read(runFile, run)
	if err != nil || !begun {
		return nil, err
	}
	return run.Resolved, nil
}

// forget removes a run, so that the next start is a fresh one. The run file goes first: without it there is no run.
func (s *stateStore) forget() error {
	for _, name := range []string{runFile, checkpointFile, refinedFile} {
		if err := s.fs.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			return stateError(s.dir, err)
		}
		if err := s.fs.SyncDir(s.dir); err != nil {
			return stateError(s.dir, err)
		}
	}
	return nil
}

// saveRefined stores the moved prototypes and returns their hash.
func (s *stateStore) saveRefined(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	if s == nil {
		return "", nil
	}
	if err := disk.WriteFile(s.fs, filepath.Join(s.dir, refinedFile), data); err != nil {
		return "", stateError(s.dir, err)
	}
	return hex.EncodeToString(sum[:]), nil
}

func (s *stateStore) loadRefined(hash string) ([]byte, error) {
	name := filepath.Join(s.dir, refinedFile)
	data, err := disk.ReadFile(s.fs, name)
	if err != nil {
		return nil, fault.New(fault.StateMissing, "the refined prototypes can't be read: %w", err).At(fault.Where{File: name})
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != hash {
		return nil, fault.New(fault.StateDamaged, "the refined prototypes are not those of the checkpoint").At(fault.Where{File: name})
	}
	return data, nil
}

// envelope is how a state file looks: its version and checksum, then its body as it was hashed.
type envelope struct {
	Version int             `json:"winnow_state"`
	SHA256  string          `json:"sha256"`
	Body    json.RawMessage `json:"body"`
}

func (s *stateStore) write(name string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	data, err = json.Marshal(envelope{Version: StateVersion, SHA256: hex.EncodeToString(sum[:]), Body: data})
	if err != nil {
		return err
	}
	if err := disk.WriteFile(s.fs, filepath.Join(s.dir, name), append(data, '\n')); err != nil {
		return stateError(s.dir, err)
	}
	return nil
}

// read fills body from a state file and reports whether there is one.
func (s *stateStore) read(name string, body any) (bool, error) {
	path := filepath.Join(s.dir, name)
	data, err := disk.ReadFile(s.fs, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, stateError(path, err)
	}
	return true, decodeState(path, data, body)
}

// decodeState checks a state file's envelope and decodes its body. The path is for errors only.
func decodeState(path string, data []byte, body any) error {
	where := fault.Where{File: path}
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil || e.Version < 1 {
		return fault.New(fault.StateDamaged, "not a whole state file").At(where)
	}
	if e.Version > StateVersion {
		return fault.New(fault.StateNewer, "state version %d, this winnow knows up to %d", e.Version, StateVersion).At(where)
	}
	sum := sha256.Sum256(e.Body)
	if hex.EncodeToString(sum[:]) != e.SHA256 {
		return fault.New(fault.StateDamaged, "its checksum does not match").At(where)
	}
	d := json.NewDecoder(bytes.NewReader(e.Body))
	if err := d.Decode(body); err != nil {
		return fault.New(fault.StateDamaged, "not a state of this version").At(where)
	}
	return nil
}

func newRunID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// stateError codes an error of the state folder.
func stateError(dir string, err error) error {
	return StorageError(err, dir)
}
