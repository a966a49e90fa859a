package filestore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/connectors/file/part"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

// Purposes of files.
const (
	Batch       = "batch"        // a batch's requests
	BatchOutput = "batch_output" // a batch's answers, or its errors
)

const (
	// MostFiles is how many files an account may have.
	MostFiles = 100_000
	// MostUploads is how many uploads of an account may wait for their parts.
	MostUploads = 1000
	// MostParts is how many parts an upload may have; those that come again count as well.
	MostParts = 10_000
)

// File is what is known of a file.
type File struct {
	ID      string
	Account string
	Name    string // what the client calls it
	Purpose string
	Bytes   int64
	Created time.Time // in UTC
	Job     string    // that the file is an output of; empty: none
	blob    string    // the key of its bytes
}

// Blobs is where the bytes are: a folder or a bucket. It is safe for concurrent use.
type Blobs interface {
	blob.Lister
	// Put keeps what r gives until its end. An error of r's is returned, and leaves nothing.
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	// PutFile keeps a file of this machine, which is not written to any more.
	PutFile(ctx context.Context, key, path string) error
	Open(ctx context.Context, key string) (blob.Object, error)
	Stat(ctx context.Context, key string) (blob.Info, error)
}

// Store keeps files. It is safe for concurrent use, also by several processes.
type Store struct {
	db    *database.DB
	blobs Blobs
	now   func() time.Time
}

// New brings the tables up to date. The caller closes the database after the last use of the store.
func New(ctx context.Context, db *database.DB, blobs Blobs) (*Store, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, blobs: blobs, now: time.Now}, database.Migrate(ctx, db, sub, "file_migrations")
}

// newID makes an id: 96 random bits behind a prefix.
func newID(prefix string) string {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return prefix + hex.EncodeToString(raw[:])
}

// prefix begins the keys of all blobs of files.
const prefix = "files/"

// key is that of a new blob. Ids are made here, and hold nothing that a key could mind.
func key(account, id string) string { return prefix + account + "/" + id }

const columns = `id, account, name, purpose, bytes, created, job, blob`

func scan(row database.Scanner) (*File, error) {
	f := new(File)
	var created int64
	err := row.Scan(&f.ID, &f.Account, &f.Name, &f.Purpose, &f.Bytes, &created, &f.Job, &f.blob)
	f.Created = time.UnixMilli(created).UTC()
	return f, err
}

// Put keeps what r gives as a file of an account. An error of r's is returned, and leaves nothing.
func (s *Store) Put(ctx context.Context, account, name, purpose string, r io.Reader) (*File, error) {
	if err := s.roomFor(ctx, MostFiles, "files", `SELECT COUNT(*) FROM files WHERE account = ?`, account); err != nil {
		return nil, err
	}
	id := newID("file-")
	f := &File{ID: id, Account: account, Name: name, Purpose: purpose, blob: key(account, id)}
	var err error
	if f.Bytes, err = s.blobs.Put(ctx, f.blob, r); err != nil {
		return nil, err
	}
	return f, s.enter(ctx, f)
}

// roomFor refuses one more where a statement counts as many as there may be.
func (s *Store) roomFor(ctx context.Context, most int, what, count string, args ...any) error {
	var n int
	if err := s.db.QueryRowContext(ctx, count, args...).Scan(&n); err != nil {
		return fmt.Errorf("count %s: %w", what, err)
	}
	if n >= most {
		return fault.New(fault.FileMany, "there are %d %s", n, what)
	}
	return nil
}

// Output is a file of this machine that a job has left.
type Output struct {
	ID      string
	Account string
	Job     string
	Name    string
	Path    string
	Whole   bool  // nothing is written to it any more
	Lines   int64 // of one that is not whole: so many count
}

// Adopt makes a file of what a job has left. Doing so again under the same id replaces the bytes: a job that was cancelled
// can go on, and a process that died may not have come to the row.
func (s *Store) Adopt(ctx context.Context, o Output) error {
	f := &File{ID: o.ID, Account: o.Account, Name: o.Name, Purpose: BatchOutput, Job: o.Job, blob: key(o.Account, o.ID+"-"+rand.Text())}
	if err := s.keep(ctx, f.blob, o); err != nil {
		return err
	}
	info, err := s.blobs.Stat(ctx, f.blob)
	if err != nil {
		return err
	}
	f.Bytes = info.Size
	before, err := s.Get(ctx, f.Account, f.ID)
	if err != nil && !fault.Is(err, fault.FileUnknown) {
		return err
	}
	if err := s.enter(ctx, f); err != nil || before == nil {
		return err
	}
	return s.blobs.Remove(ctx, before.blob)
}

// keep copies the lines of an output that may still grow, and need not copy one that is whole.
func (s *Store) keep(ctx context.Context, key string, o Output) error {
	if o.Whole {
		return s.blobs.PutFile(ctx, key, o.Path)
	}
	file, err := part.Head(o.Path, o.Lines)
	if err != nil {
		return fault.Unreadable(err, o.ID)
	}
	defer file.Close()
	_, err = s.blobs.Put(ctx, key, file)
	return err
}

// enter writes the row of a file whose blob is there, and sets when that was.
func (s *Store) enter(ctx context.Context, f *File) error {
	var created int64
	err := s.db.QueryRowContext(ctx, `INSERT INTO files (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, blob = excluded.blob RETURNING created`,
		f.ID, f.Account, f.Name, f.Purpose, f.Bytes, s.now().UnixMilli(), f.Job, f.blob).Scan(&created)
	if err != nil {
		return errors.Join(fmt.Errorf("keep a file: %w", err), s.blobs.Remove(context.WithoutCancel(ctx), f.blob))
	}
	f.Created = time.UnixMilli(created).UTC()
	return nil
}

func unknown() error { return fault.New(fault.FileUnknown, "there is no such file") }

// Get is a file of an account.
func (s *Store) Get(ctx context.Context, account, id string) (*File, error) {
	f, err := scan(s.db.QueryRowContext(ctx, `SELECT `+columns+` FROM files WHERE account = ? AND id = ?`, account, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read a file's row: %w", err)
	}
	return f, nil
}

// Listing says which files are listed.
type Listing struct {
	Purpose string // empty: any
	Limit   int
	After   string // the id of a file; empty: from the beginning
	Oldest  bool   // first; else the newest
}

// List are files of an account in the order of their creation.
func (s *Store) List(ctx context.Context, account string, l Listing) ([]*File, error) {
	query, args := `SELECT `+columns+` FROM files WHERE account = ?`, []any{account}
	if l.Purpose != "" {
		query, args = query+` AND purpose = ?`, append(args, l.Purpose)
	}
	than, order := "<", "DESC"
	if l.Oldest {
		than, order = ">", "ASC"
	}
	if l.After != "" {
		if _, err := s.Get(ctx, account, l.After); err != nil {
			return nil, err
		}
		query, args = query+` AND (created, id) `+than+` (SELECT created, id FROM files WHERE id = ?)`, append(args, l.After)
	}
	return s.all(ctx, query+` ORDER BY created `+order+`, id `+order+` LIMIT ?`, append(args, l.Limit)...)
}

// Outputs are the files that a job has left.
func (s *Store) Outputs(ctx context.Context, job string) ([]*File, error) {
	return s.all(ctx, `SELECT `+columns+` FROM files WHERE job = ?`, job)
}

func (s *Store) all(ctx context.Context, query string, args ...any) ([]*File, error) {
	all, err := database.All(ctx, s.db, scan, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	return all, nil
}

// Open opens a file's bytes. The caller closes them.
func (s *Store) Open(ctx context.Context, f *File) (blob.Object, error) {
	opened, err := s.blobs.Open(ctx, f.blob)
	if fault.Is(err, fault.BlobMissing) { // it was deleted meanwhile
		return nil, unknown()
	}
	return opened, err
}

// Delete removes a file of an account.
func (s *Store) Delete(ctx context.Context, account, id string) error {
	var blob string
	err := s.db.QueryRowContext(ctx, `DELETE FROM files WHERE account = ? AND id = ? RETURNING blob`, account, id).Scan(&blob)
	if errors.Is(err, sql.ErrNoRows) {
		return unknown()
	}
	if err != nil {
		return fmt.Errorf("delete a file: %w", err)
	}
	return s.blobs.Remove(context.WithoutCancel(ctx), blob)
}

// Drop removes what a job has left.
func (s *Store) Drop(ctx context.Context, job string) error {
	left, err := s.Outputs(ctx, job)
	errs := []error{err}
	for _, f := range left {
		if err := s.Delete(ctx, f.Account, f.ID); err != nil && !fault.Is(err, fault.FileUnknown) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
