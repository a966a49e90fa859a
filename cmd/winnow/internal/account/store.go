package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

//go:embed migrations
var migrations embed.FS

// Everybody stands for all accounts: it is no name of one.
const Everybody = ""

// Most is how many valid keys an account may have.
const Most = 1000

// trustFor is how long a snapshot is used before the database is asked whether it has changed.
const trustFor = 250 * time.Millisecond

// Store keeps keys in a database. It is safe for concurrent use.
type Store struct {
	db *database.DB

	current   atomic.Pointer[snapshot]
	refresh   sync.Mutex // one refresh at a time
	refreshed atomic.Int64

	mu   sync.Mutex
	used map[string]int64 // guarded by mu; when keys were used, by their ids, that is not written yet
}

// snapshot are the keys at a moment.
type snapshot struct {
	keys map[string]hashed
}

type hashed struct {
	api.Key
	hash [sha256.Size]byte
}

var (
	_ api.Keys    = (*Store)(nil)
	_ api.Keyring = (*Store)(nil)
)

// New brings the tables up to date and reads the keys. The caller closes the database after the last use of the store.
func New(ctx context.Context, db *database.DB) (*Store, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := database.Migrate(ctx, db, dir, "account_migrations"); err != nil {
		return nil, err
	}
	s := &Store{db: db, used: make(map[string]int64)}
	return s, s.read(ctx)
}

// Create makes a key and returns it: this once. It never expires where expires is 0.
func (s *Store) Create(ctx context.Context, account string, scope api.Scope, expires time.Duration) (string, api.Key, error) {
	if err := checkName(account); err != nil {
		return "", api.Key{}, err
	}
	id, key := newKey()
	k := api.Key{ID: id, Account: account, Scope: scope, Created: time.Now().UTC().Truncate(time.Millisecond)}
	if expires > 0 {
		k.Expires = k.Created.Add(expires)
	}
	sum := hash(key)
	r, err := s.db.ExecContext(ctx, `INSERT INTO api_keys (id, account, scope, hash, created, expires)
		SELECT ?, ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT)
		WHERE (SELECT COUNT(*) FROM api_keys WHERE account = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)) < ?`,
		id, account, scope.String(), sum[:], k.Created.UnixMilli(), millis(k.Expires), account, k.Created.UnixMilli(), Most)
	if err != nil {
		return "", api.Key{}, fmt.Errorf("store a key: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return "", api.Key{}, errors.Join(err, fault.New(fault.KeyMany, "the account has %d keys that are valid", Most))
	}
	return key, k, s.read(ctx)
}

// List returns an account's keys, or those of Everybody, oldest first.
func (s *Store) List(ctx context.Context, account string) ([]api.Key, error) {
	if err := s.writeUsed(ctx); err != nil {
		return nil, err
	}
	all, err := s.rows(ctx)
	if err != nil {
		return nil, err
	}
	var keys []api.Key
	for i := range all {
		if account == Everybody || all[i].Account == account {
			keys = append(keys, all[i].Key)
		}
	}
	return keys, nil
}

// Revoke makes a key of an account useless, or of Everybody.
func (s *Store) Revoke(ctx context.Context, account, id string) error {
	r, err := s.db.ExecContext(ctx, `UPDATE api_keys SET revoked = ? WHERE id = ? AND revoked IS NULL AND ? IN (account, ?)`,
		time.Now().UnixMilli(), id, account, Everybody)
	if err != nil {
		return fmt.Errorf("revoke a key: %w", err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.New(fault.KeyUnknown, "there is no such key, or it was revoked before"))
	}
	return s.read(ctx)
}

// Any tells whether there ever was a key.
func (s *Store) Any() bool { return len(s.fresh().keys) > 0 }

// Identify finds who a key belongs to. Whatever is wrong with it, the error is the same.
func (s *Store) Identify(_ context.Context, key string) (api.Identity, error) {
	sum := hash(key)
	k, known := s.fresh().keys[idOf(key)]
	same := subtle.ConstantTimeCompare(k.hash[:], sum[:]) == 1
	if !known || !same || !k.Usable(time.Now()) {
		return api.Identity{}, fault.New(fault.AuthInvalid, "the key is not valid")
	}
	s.use(k.ID, time.Now().UnixMilli())
	return api.Identity{Account: k.Account, Key: k.ID, Scope: k.Scope}, nil
}

// fresh is a snapshot that is not older than trustFor, unless another goroutine is reading one, or it can't be read:
// then the last one holds.
func (s *Store) fresh() *snapshot {
	if time.Now().UnixMilli()-s.refreshed.Load() >= trustFor.Milliseconds() && s.refresh.TryLock() {
		defer s.refresh.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), trustFor)
		defer cancel()
		_ = s.read(ctx) // the last snapshot holds, and the next request tries again
	}
	return s.current.Load()
}

// read makes a snapshot.
func (s *Store) read(ctx context.Context) error {
	all, err := s.rows(ctx)
	if err != nil {
		return err
	}
	n := &snapshot{keys: make(map[string]hashed, len(all))}
	for _, k := range all {
		n.keys[k.ID] = k
	}
	s.current.Store(n)
	s.refreshed.Store(time.Now().UnixMilli())
	return nil
}

func (s *Store) rows(ctx context.Context) ([]hashed, error) {
	all, err := database.All(ctx, s.db, scan, `SELECT id, account, scope, hash, created, expires, revoked, used FROM api_keys ORDER BY created, id`)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return all, nil
}

func scan(row database.Scanner) (k hashed, err error) {
	var scope string
	var sum []byte
	var created int64
	var expires, revoked, used sql.NullInt64
	err = row.Scan(&k.ID, &k.Account, &scope, &sum, &created, &expires, &revoked, &used)
	copy(k.hash[:], sum)
	k.Scope, _ = api.ParseScope(scope) // an unknown one allows nothing
	k.Created, k.Expires, k.Revoked, k.Used = time.UnixMilli(created).UTC(), moment(expires), moment(revoked), moment(used)
	return k, err
}

func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func moment(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}
