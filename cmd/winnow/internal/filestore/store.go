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
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

// Purposes of files.
const (
	Batch  = "batch"        // a batch's requests
	Output = "batch_output" // a batch's answers, or its errors
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
}

// Store keeps files. It is safe for concurrent use.
type Store struct {
	db  *database.DB
	dir string
	now func() time.Time
}

// New brings the tables up to date. Files lie in dir, which is made when the first one comes. The caller closes the
// database after the last use of the store.
func New(ctx context.Context, db *database.DB, dir string) (*Store, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &Store{db: db, dir: dir, now: time.Now}, database.Migrate(ctx, db, sub, "file_migrations")
}

// newID makes an id: 96 random bits behind a prefix.
func newID(prefix string) string {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // it never fails
	return prefix + hex.EncodeToString(raw[:])
}

// path is where a file's bytes are. Ids are made here, and hold nothing that a path could mind.
func (s *Store) path(account, id string) string { return filepath.Join(s.dir, account, id) }

const columns = `id, account, name, purpose, bytes, created, job`

func scan(row interface{ Scan(...any) error }) (*File, error) {
	f := new(File)
	var created int64
	err := row.Scan(&f.ID, &f.Account, &f.Name, &f.Purpose, &f.Bytes, &created, &f.Job)
	f.Created = time.UnixMilli(created).UTC()
	return f, err
}

// Put keeps what r gives as a file of an account. An error of r's is returned, and leaves nothing.
func (s *Store) Put(ctx context.Context, account, name, purpose string, r io.Reader) (*File, error) {
	id := newID("file-")
	n, err := s.write(s.path(account, id), r)
	if err != nil {
		return nil, err
	}
	return s.enter(ctx, &File{ID: id, Account: account, Name: name, Purpose: purpose, Bytes: n})
}

// Adopt makes a file of one that lies somewhere in the server's folder already, as an output of a job. Doing so again under
// the same id finds out anew how long it is: a job that was cancelled can go on.
func (s *Store) Adopt(ctx context.Context, id, account, name, job, path string) error {
	to := s.path(account, id)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fault.Storage(err, id)
	}
	if err := os.Link(path, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return fault.Storage(err, id)
	}
	info, err := os.Stat(to)
	if err != nil {
		return fault.Storage(err, id)
	}
	_, err = s.enter(ctx, &File{ID: id, Account: account, Name: name, Purpose: Output, Bytes: info.Size(), Job: job})
	return err
}

// enter writes the row of a file whose bytes are there.
func (s *Store) enter(ctx context.Context, f *File) (*File, error) {
	if err := (disk.OS{}).SyncDir(filepath.Dir(s.path(f.Account, f.ID))); err != nil {
		return nil, fault.Storage(err, f.ID)
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO files (`+columns+`) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes`,
		f.ID, f.Account, f.Name, f.Purpose, f.Bytes, s.now().UnixMilli(), f.Job)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep a file: %w", err), os.Remove(s.path(f.Account, f.ID)))
	}
	return s.Get(ctx, f.Account, f.ID)
}

// write puts what r gives into its place when it is whole and on the disk.
func (s *Store) write(path string, r io.Reader) (n int64, err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fault.Storage(err, "upload")
	}
	temp, err := os.CreateTemp(dir, temporary+"*")
	if err != nil {
		return 0, fault.Storage(err, "upload")
	}
	defer func() {
		_ = temp.Close()
		if err != nil {
			_ = os.Remove(temp.Name()) // else Sweep does it
		}
	}()
	w := &storing{to: temp}
	if n, err = io.Copy(w, r); err != nil {
		return 0, err
	}
	if err := temp.Sync(); err != nil {
		return 0, fault.Storage(err, "upload")
	}
	return n, fault.Storage(os.Rename(temp.Name(), path), "upload")
}

// temporary begins the names of files that are not whole yet.
const temporary = "part-of-"

// storing codes the errors of a disk, so that they are told from those of the reader.
type storing struct{ to io.Writer }

func (w *storing) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	return n, fault.Storage(err, "upload")
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
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	defer rows.Close()
	var all []*File
	for rows.Next() {
		f, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// Open opens a file's bytes. The caller closes them; they stay readable when the file is deleted meanwhile.
func (s *Store) Open(f *File) (*os.File, error) {
	opened, err := os.Open(s.path(f.Account, f.ID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unknown()
	}
	return opened, fault.Storage(err, f.ID)
}

// Delete removes a file of an account.
func (s *Store) Delete(ctx context.Context, account, id string) error {
	r, err := s.db.ExecContext(ctx, `DELETE FROM files WHERE account = ? AND id = ?`, account, id)
	if err != nil {
		return fmt.Errorf("delete a file: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, unknown())
	}
	if err := os.Remove(s.path(account, id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Storage(err, id)
	}
	return nil
}

// Sweep removes bytes that no row knows, which processes have left that died. Nothing else uses the store meanwhile.
func (s *Store) Sweep(ctx context.Context) error {
	accounts, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{fault.Storage(err, s.dir)}
	for _, account := range accounts {
		found, err := os.ReadDir(filepath.Join(s.dir, account.Name()))
		errs = append(errs, fault.Storage(err, s.dir))
		for _, entry := range found {
			known := false
			if !strings.HasPrefix(entry.Name(), temporary) {
				if known, err = s.known(ctx, entry.Name()); err != nil {
					errs = append(errs, err)
					continue
				}
			}
			if !known {
				errs = append(errs, fault.Storage(os.Remove(s.path(account.Name(), entry.Name())), s.dir))
			}
		}
	}
	return errors.Join(errs...)
}

// known tells whether a row has an id.
func (s *Store) known(ctx context.Context, id string) (bool, error) {
	table := "files"
	if strings.HasPrefix(id, partPrefix) {
		table = "parts"
	}
	var n int
	if err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table+` WHERE id = ?`, id).Scan(&n); err != nil {
		return false, fmt.Errorf("look for a file's row: %w", err)
	}
	return n > 0, nil
}
