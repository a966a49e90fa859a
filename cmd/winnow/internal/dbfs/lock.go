package dbfs

import (
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/winnow-stream/winnow/pipeline/disk"
)

// lease is how long a lock belongs to a holder that has died.
const lease = time.Minute

// Lock takes a name's lock until it is closed, or a minute is over.
func (f *FS) Lock(name string) (io.Closer, error) {
	ctx, cancel := bounded()
	defer cancel()
	now, holder := f.now(), rand.Text()
	r, err := f.db.ExecContext(ctx, `INSERT INTO dbfs_locks (name, holder, until) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE dbfs_locks.until <= ?`,
		name, holder, now.Add(lease).UnixMilli(), now.UnixMilli())
	if err != nil {
		return nil, failed("lock", name, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, &disk.LockedError{})
	}
	return &lock{f, name, holder}, nil
}

// lock is one that is held.
type lock struct {
	fs           *FS
	name, holder string
}

// Close gives the lock back. One that was taken over meanwhile stays with its new holder.
func (l *lock) Close() error {
	ctx, cancel := bounded()
	defer cancel()
	_, err := l.fs.db.ExecContext(ctx, `DELETE FROM dbfs_locks WHERE name = ? AND holder = ?`, l.name, l.holder)
	return failed("unlock", l.name, err)
}
