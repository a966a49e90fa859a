package dbfs

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

// timeout is how long the database may take for one operation.
const timeout = 30 * time.Second

// FS is a file system. It is safe for concurrent use, also by several processes.
type FS struct {
	db  *database.DB
	now func() time.Time
}

var (
	_ disk.FS     = (*FS)(nil)
	_ disk.Locker = (*FS)(nil)
)

// New brings the tables up to date. The caller closes the database after the last use of the file system.
func New(ctx context.Context, db *database.DB) (*FS, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return &FS{db: db, now: time.Now}, database.Migrate(ctx, db, dir, "dbfs_migrations")
}

// split is a path's folder and its last name. The topmost folder has neither.
func split(name string) (dir, base string) {
	name = strings.Trim(path.Clean("/"+name), "/")
	dir, base = path.Split(name)
	return strings.Trim(dir, "/"), base
}

// bounded is the context of one operation: a file system's have none of their own.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), timeout)
}

func failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = fs.ErrNotExist
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Open opens a file for reading.
func (f *FS) Open(name string) (disk.File, error) {
	ctx, cancel := bounded()
	defer cancel()
	dir, base := split(name)
	o := &file{fs: f, name: name}
	var modified int64
	err := f.db.QueryRowContext(ctx, `SELECT data, modified FROM dbfs WHERE dir = ? AND name = ? AND data IS NOT NULL`, dir, base).Scan(&o.data, &modified)
	o.modified = time.UnixMilli(modified)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return o, nil
}

// Create makes or empties a file for reading and writing.
func (f *FS) Create(name string) (disk.File, error) {
	o := &file{fs: f, name: name, writes: true, modified: f.now()}
	return o, o.Sync()
}

// Append opens a file for reading and writing, creating it where it is missing, with the position at its end.
func (f *FS) Append(name string) (disk.File, error) {
	opened, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.Create(name)
	}
	if err != nil {
		return nil, err
	}
	o := opened.(*file)
	o.writes, o.at = true, int64(len(o.data))
	return o, nil
}

// Rename replaces newName by oldName.
func (f *FS) Rename(oldName, newName string) error {
	ctx, cancel := bounded()
	defer cancel()
	fromDir, from := split(oldName)
	toDir, to := split(newName)
	return failed("rename", oldName, f.db.Together(ctx, func(tx *database.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT 1 FROM dbfs WHERE dir = ? AND name = ? AND data IS NOT NULL`, fromDir, from).Scan(&n); err != nil {
			return err
		}
		if fromDir == toDir && from == to {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM dbfs WHERE dir = ? AND name = ? AND data IS NOT NULL`, toDir, to); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE dbfs SET dir = ?, name = ? WHERE dir = ? AND name = ?`, toDir, to, fromDir, from)
		return err
	}))
}

// Link gives a file's content a second name, if that is free.
func (f *FS) Link(oldName, newName string) error {
	ctx, cancel := bounded()
	defer cancel()
	fromDir, from := split(oldName)
	toDir, to := split(newName)
	return failed("link", newName, f.db.Together(ctx, func(tx *database.Tx) error {
		var data []byte
		if err := tx.QueryRowContext(ctx, `SELECT data FROM dbfs WHERE dir = ? AND name = ? AND data IS NOT NULL`, fromDir, from).Scan(&data); err != nil {
			return err
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO dbfs (dir, name, data, modified) VALUES (?, ?, ?, ?) ON CONFLICT (dir, name) DO NOTHING`, toDir, to, data, f.now().UnixMilli())
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fs.ErrExist)
		}
		return nil
	}))
}

// Remove deletes a file or an empty folder.
func (f *FS) Remove(name string) error {
	ctx, cancel := bounded()
	defer cancel()
	dir, base := split(name)
	return failed("remove", name, f.db.Together(ctx, func(tx *database.Tx) error {
		var below int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM dbfs WHERE dir = ?`, path.Join(dir, base)).Scan(&below); err != nil {
			return err
		}
		if below > 0 {
			return syscall.ENOTEMPTY
		}
		r, err := tx.ExecContext(ctx, `DELETE FROM dbfs WHERE dir = ? AND name = ?`, dir, base)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fs.ErrNotExist)
		}
		return nil
	}))
}

// RemoveAll deletes a file, or a folder with its content.
func (f *FS) RemoveAll(name string) error {
	below, err := f.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range below {
		if err := f.RemoveAll(path.Join(name, e.Name())); err != nil {
			return err
		}
	}
	if err := f.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// MkdirAll makes a folder and its parents.
func (f *FS) MkdirAll(name string) error {
	ctx, cancel := bounded()
	defer cancel()
	for dir, base := split(name); base != ""; dir, base = split(dir) {
		_, err := f.db.ExecContext(ctx, `INSERT INTO dbfs (dir, name, data, modified) VALUES (?, ?, NULL, ?) ON CONFLICT (dir, name) DO NOTHING`, dir, base, f.now().UnixMilli())
		if err != nil {
			return failed("mkdir", name, err)
		}
	}
	return nil
}

// Stat tells what a file or a folder is.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	dir, base := split(name)
	if base == "" {
		return &entry{name: "/", folder: true}, nil
	}
	found, err := f.entries(`dir = ? AND name = ?`, dir, base)
	if err != nil {
		return nil, failed("stat", name, err)
	}
	if len(found) == 0 {
		return nil, failed("stat", name, fs.ErrNotExist)
	}
	return found[0], nil
}

// ReadDir lists a folder, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, base := split(name)
	found, err := f.entries(`dir = ?`, path.Join(dir, base))
	if err != nil {
		return nil, failed("readdir", name, err)
	}
	if len(found) == 0 {
		if info, err := f.Stat(name); err != nil || !info.IsDir() {
			return nil, failed("readdir", name, errors.Join(err, fs.ErrNotExist))
		}
	}
	slices.SortFunc(found, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	list := make([]fs.DirEntry, len(found))
	for i, e := range found {
		list[i] = fs.FileInfoToDirEntry(e)
	}
	return list, nil
}

// SyncDir has nothing to do: what returned is durable.
func (f *FS) SyncDir(string) error { return nil }

func (f *FS) entries(where string, args ...any) ([]*entry, error) {
	ctx, cancel := bounded()
	defer cancel()
	return database.All(ctx, f.db, func(row database.Scanner) (*entry, error) {
		e := new(entry)
		var modified int64
		err := row.Scan(&e.name, &e.folder, &e.size, &modified)
		e.modified = time.UnixMilli(modified)
		return e, err
	}, `SELECT name, data IS NULL, COALESCE(LENGTH(data), 0), modified FROM dbfs WHERE `+where, args...)
}

// entry is what is known of a file or folder without its content.
type entry struct {
	name     string
	folder   bool
	size     int64
	modified time.Time
}

var _ fs.FileInfo = (*entry)(nil)

func (e *entry) Name() string       { return e.name }
func (e *entry) Size() int64        { return e.size }
func (e *entry) ModTime() time.Time { return e.modified }
func (e *entry) IsDir() bool        { return e.folder }
func (e *entry) Sys() any           { return nil }

func (e *entry) Mode() fs.FileMode {
	if e.folder {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
