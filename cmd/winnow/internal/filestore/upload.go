package filestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// States of an upload.
const (
	Pending   = "pending"
	Completed = "completed"
	Cancelled = "cancelled"
	Expired   = "expired" // it was not completed in time
)

// UploadFor is how long an upload takes parts, as OpenAI's API has it.
const UploadFor = time.Hour

// partPrefix begins the ids of parts.
const partPrefix = "part_"

// Upload is a file that comes in parts.
type Upload struct {
	ID      string
	Account string
	Name    string
	Purpose string
	Bytes   int64 // that were announced
	Created time.Time
	State   string
	File    string // that it became; empty: not yet
}

const uploadColumns = `id, account, name, purpose, bytes, created, state, file`

func (s *Store) upload(ctx context.Context, query string, args ...any) (*Upload, error) {
	u, err := scanUpload(s.db.QueryRowContext(ctx, query, args...))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("keep an upload: %w", err)
	}
	return u, err
}

func scanUpload(row database.Scanner) (*Upload, error) {
	u := new(Upload)
	var created int64
	err := row.Scan(&u.ID, &u.Account, &u.Name, &u.Purpose, &u.Bytes, &created, &u.State, &u.File)
	u.Created = time.UnixMilli(created).UTC()
	return u, err
}

// Begin makes an upload.
func (s *Store) Begin(ctx context.Context, account, name, purpose string, bytes int64) (*Upload, error) {
	if err := s.roomFor(ctx, MostUploads, "uploads that are not complete", `SELECT COUNT(*) FROM uploads WHERE account = ? AND state = ?`, account, Pending); err != nil {
		return nil, err
	}
	return s.upload(ctx, `INSERT INTO uploads (id, account, name, purpose, bytes, created, state) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING `+uploadColumns,
		newID("upload_"), account, name, purpose, bytes, s.now().UnixMilli(), Pending)
}

// Upload is an upload of an account.
func (s *Store) Upload(ctx context.Context, account, id string) (*Upload, error) {
	u, err := s.upload(ctx, `SELECT `+uploadColumns+` FROM uploads WHERE account = ? AND id = ?`, account, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.FileUnknown, "there is no such upload")
	}
	return u, err
}

// pending is an upload that still takes parts.
func (s *Store) pending(ctx context.Context, account, id string) (*Upload, error) {
	u, err := s.Upload(ctx, account, id)
	if err != nil {
		return nil, err
	}
	if u.State == Pending && s.now().After(u.Created.Add(UploadFor)) {
		u.State = Expired // the next sweep writes it down
	}
	if u.State != Pending {
		return nil, fault.New(fault.FileState, "the upload is %s", u.State)
	}
	return u, nil
}

// Add keeps what r gives as a part of an upload, and returns its id.
func (s *Store) Add(ctx context.Context, account, upload string, r io.Reader) (string, error) {
	u, err := s.pending(ctx, account, upload)
	if err != nil {
		return "", err
	}
	if err := s.roomForPart(ctx, u); err != nil {
		return "", err
	}
	id := newID(partPrefix)
	n, err := s.blobs.Put(ctx, key(account, id), r)
	if err != nil {
		return "", err
	}
	if _, err = s.db.ExecContext(ctx, `INSERT INTO parts (id, upload, bytes) VALUES (?, ?, ?)`, id, u.ID, n); err != nil {
		return "", errors.Join(fmt.Errorf("keep a part: %w", err), s.blobs.Remove(context.WithoutCancel(ctx), key(account, id)))
	}
	return id, nil
}

// roomForPart refuses an upload another part, where it has twice the bytes that were announced: as many as if each part came again.
func (s *Store) roomForPart(ctx context.Context, u *Upload) error {
	var bytes int64
	if err := s.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(bytes), 0) FROM parts WHERE upload = ?`, u.ID).Scan(&bytes); err != nil {
		return fmt.Errorf("count parts: %w", err)
	}
	if bytes >= 2*u.Bytes {
		return fault.New(fault.FileMany, "the upload's parts have %d bytes, and %d were announced", bytes, u.Bytes)
	}
	return s.roomFor(ctx, MostParts, "parts of the upload", `SELECT COUNT(*) FROM parts WHERE upload = ?`, u.ID)
}

// Complete makes a file of the parts that are named, in their order.
func (s *Store) Complete(ctx context.Context, account, id string, parts []string) (*Upload, *File, error) {
	u, err := s.pending(ctx, account, id)
	if err != nil {
		return nil, nil, err
	}
	joined := make([]io.Reader, 0, len(parts))
	var total int64
	for _, part := range parts {
		var bytes int64
		err := s.db.QueryRowContext(ctx, `SELECT bytes FROM parts WHERE id = ? AND upload = ?`, part, id).Scan(&bytes)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil, fault.New(fault.FileParts, "a part that is named is none of the upload's").At(fault.Where{Path: "part_ids"})
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read a part's row: %w", err)
		}
		total += bytes
		joined = append(joined, &partReader{open: func() (blob.Object, error) { return s.blobs.Open(ctx, key(account, part)) }})
	}
	if total != u.Bytes {
		return nil, nil, fault.New(fault.FileParts, "the parts have %d bytes, and %d were announced", total, u.Bytes).At(fault.Where{Path: "part_ids"})
	}
	f, err := s.Put(ctx, account, u.Name, u.Purpose, io.MultiReader(joined...))
	if err != nil {
		return nil, nil, err
	}
	done, err := s.end(ctx, u, Completed, f.ID)
	if err != nil {
		return nil, nil, errors.Join(err, s.Delete(ctx, account, f.ID))
	}
	return done, f, nil
}

// Cancel ends an upload without a file.
func (s *Store) Cancel(ctx context.Context, account, id string) (*Upload, error) {
	u, err := s.pending(ctx, account, id)
	if err != nil {
		return nil, err
	}
	return s.end(ctx, u, Cancelled, "")
}

// end ends a pending upload, and removes its parts. Of two that end one, the second is told so.
func (s *Store) end(ctx context.Context, u *Upload, state, file string) (*Upload, error) {
	done, err := s.upload(ctx, `UPDATE uploads SET state = ?, file = ? WHERE id = ? AND state = ? RETURNING `+uploadColumns, state, file, u.ID, Pending)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.FileState, "the upload has ended")
	}
	if err != nil {
		return nil, err
	}
	return done, s.dropParts(ctx, u)
}

func (s *Store) dropParts(ctx context.Context, u *Upload) error {
	ids, err := database.All(ctx, s.db, func(row database.Scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT id FROM parts WHERE upload = ?`, u.ID)
	if err != nil {
		return fmt.Errorf("list parts: %w", err)
	}
	if _, err := s.db.ExecContext(ctx, `DELETE FROM parts WHERE upload = ?`, u.ID); err != nil {
		return fmt.Errorf("delete parts: %w", err)
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, s.blobs.Remove(ctx, key(u.Account, id)))
	}
	return errors.Join(errs...)
}

// partReader reads a part from its first byte to its last, and is open only meanwhile: an upload may have many.
type partReader struct {
	open func() (blob.Object, error)
	part blob.Object
}

// Read reads from the part.
func (r *partReader) Read(p []byte) (int, error) {
	if r.part == nil {
		var err error
		if r.part, err = r.open(); err != nil {
			return 0, err
		}
	}
	n, err := r.part.Read(p)
	if err != nil {
		_ = r.part.Close() // it was only read
	}
	return n, err
}
