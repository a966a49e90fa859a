package account_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/account"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job/database"
	"github.com/winnow-stream/winnow/test/backing"
)

func TestMain(m *testing.M) { os.Exit(backing.Main(m).Run()) }

// open opens the keys that a database holds.
func open(t *testing.T, db *database.DB) *account.Store {
	t.Helper()
	s, err := account.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file opens the keys of a folder's database.
func file(t *testing.T, dir string) *account.Store {
	t.Helper()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return open(t, db)
}

func create(t *testing.T, s *account.Store, name string, scope api.Scope, expires time.Duration) (string, api.Key) {
	t.Helper()
	key, k, err := s.Create(t.Context(), name, scope, expires)
	if err != nil {
		t.Fatal(err)
	}
	return key, k
}

func TestKeys(t *testing.T) { backing.Databases(t, testKeys) }

func testKeys(t *testing.T, database backing.Open) {
	s := open(t, database())
	if s.Any() {
		t.Error("there is a key before the first")
	}
	one, k1 := create(t, s, "shop", api.ScopeRead, 0)
	two, k2 := create(t, s, "desk", api.ScopeAdmin, time.Hour)
	if !strings.HasPrefix(one, "wn_"+k1.ID+"_") || len(one) != len(two) || one[12:] == two[12:] {
		t.Errorf("keys %q, %q", one, two)
	}
	for key, want := range map[string]api.Identity{
		one: {Account: "shop", Key: k1.ID, Scope: api.ScopeRead}, two: {Account: "desk", Key: k2.ID, Scope: api.ScopeAdmin},
	} {
		if got, err := s.Identify(t.Context(), key); err != nil || got != want {
			t.Errorf("%v, %v", got, err)
		}
	}
	list, err := s.List(t.Context(), account.Everybody)
	byID := cmpopts.SortSlices(func(a, b api.Key) bool { return a.ID < b.ID }) // both may be of one millisecond
	for i := range list {
		if used := list[i].Used; used.IsZero() || time.Since(used) > time.Minute {
			t.Errorf("the last use of key %d was %s", i, used)
		}
	}
	ofUse := cmpopts.IgnoreFields(api.Key{}, "Used")
	if diff := cmp.Diff([]api.Key{k1, k2}, list, byID, ofUse); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if list, err := s.List(t.Context(), "shop"); err != nil || len(list) != 1 || list[0].ID != k1.ID {
		t.Errorf("of the shop: %v, %v", list, err)
	}
	if err := s.Revoke(t.Context(), "desk", k1.ID); !fault.Is(err, fault.KeyUnknown) {
		t.Errorf("the other account's: %v", err)
	}
	if err := s.Revoke(t.Context(), "shop", k1.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(t.Context(), account.Everybody, k1.ID); !fault.Is(err, fault.KeyUnknown) {
		t.Errorf("a revoked key: %v", err)
	}
	if err := s.Revoke(t.Context(), account.Everybody, "none"); !fault.Is(err, fault.KeyUnknown) {
		t.Errorf("an unknown key: %v", err)
	}
	if !open(t, database()).Any() {
		t.Error("after the last key was revoked the server is open again")
	}
}

// TestMost fills an account with keys: expired and revoked ones make room, and other accounts have their own.
func TestMost(t *testing.T) {
	backing.Databases(t, func(t *testing.T, database backing.Open) {
		db := database()
		s := open(t, db)
		_, k := create(t, s, "shop", api.ScopeRead, 0)
		create(t, s, "shop", api.ScopeRead, time.Nanosecond)
		for i := 1; i < account.Most; i++ {
			if _, err := db.ExecContext(t.Context(), `INSERT INTO api_keys (id, account, scope, hash, created) SELECT ?, account, scope, hash, created FROM api_keys WHERE id = ?`, strconv.Itoa(i), k.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := s.Create(t.Context(), "shop", api.ScopeRead, 0); !fault.Is(err, fault.KeyMany) {
			t.Errorf("one more: %v", err)
		}
		create(t, s, "desk", api.ScopeRead, 0)
		if err := s.Revoke(t.Context(), "shop", k.ID); err != nil {
			t.Fatal(err)
		}
		create(t, s, "shop", api.ScopeRead, 0)
	})
}

// TestUsed has the last use of a key written when the server stops.
func TestUsed(t *testing.T) {
	dir := t.TempDir()
	s := file(t, dir)
	key, _ := create(t, s, "shop", api.ScopeRead, 0)
	if _, err := s.Identify(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Run(stopped, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	if list, err := file(t, dir).List(t.Context(), "shop"); err != nil || len(list) != 1 || list[0].Used.IsZero() {
		t.Errorf("%v, %v", list, err)
	}
}

// TestFile looks for a key in what lies on the disk: nothing there gives it away, and nobody else may look.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	key, _ := create(t, file(t, dir), "shop", api.ScopeRead, 0)
	for _, name := range []string{database.File, database.File + "-wal"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if secret := key[12:]; strings.Contains(string(data), secret) {
			t.Errorf("%s holds the key", name)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v: the folder's mode is %v", err, info.Mode())
	}
}

// TestInvalid has keys that are not valid: what is wrong with them can't be told from the answer.
func TestInvalid(t *testing.T) {
	s := file(t, t.TempDir())
	good, _ := create(t, s, "shop", api.ScopeRead, 0)
	revoked, k := create(t, s, "shop", api.ScopeRead, 0)
	if err := s.Revoke(t.Context(), "shop", k.ID); err != nil {
		t.Fatal(err)
	}
	expired, _ := create(t, s, "shop", api.ScopeRead, time.Nanosecond)
	other, _ := create(t, file(t, t.TempDir()), "shop", api.ScopeRead, 0)
	wrong := []string{"", "wn_", "wn__", "x", revoked, expired, other, good + "a", strings.ToUpper(good), "wn_" + good}
	for i := range good { // every character counts
		c := byte('a')
		if good[i] == c {
			c = 'b'
		}
		wrong = append(wrong, good[:i]+string(c)+good[i+1:])
	}
	_, first := s.Identify(t.Context(), wrong[0])
	for _, key := range wrong {
		who, err := s.Identify(t.Context(), key)
		if !fault.Is(err, fault.AuthInvalid) || err.Error() != first.Error() || who != (api.Identity{}) {
			t.Errorf("%q: %v, %v", key, who, err)
		}
	}
	if _, err := s.Identify(t.Context(), good); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", "Shop", "a/b", "..", "-a", strings.Repeat("a", 65)} {
		if _, _, err := s.Create(t.Context(), name, api.ScopeRead, 0); !fault.Is(err, fault.KeyInvalid) {
			t.Errorf("an account %q: %v", name, err)
		}
	}
}

// TestOtherProcess changes keys through another store, as winnow keys does beside a server.
func TestOtherProcess(t *testing.T) { backing.Databases(t, testOtherProcess) }

func testOtherProcess(t *testing.T, database backing.Open) {
	server, command := open(t, database()), open(t, database())
	key, k := create(t, command, "shop", api.ScopeRead, 0)
	within(t, "the key is known", func() bool { _, err := server.Identify(t.Context(), key); return err == nil && server.Any() })
	if err := command.Revoke(t.Context(), account.Everybody, k.ID); err != nil {
		t.Fatal(err)
	}
	within(t, "the key is revoked", func() bool { _, err := server.Identify(t.Context(), key); return err != nil })
}

// within waits for something to be so, for the second that it may take.
func within(t *testing.T, what string, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	keys, err := account.New(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	key, _, err := keys.Create(ctx, "shop", api.ScopeRead, 90*24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	who, err := keys.Identify(ctx, key)
	fmt.Println(who.Account, who.Scope, errors.Is(err, nil))
	// Output: shop read true
}

// TestEmail sets, replaces and removes where an account's e-mails go.
func TestEmail(t *testing.T) {
	backing.Databases(t, func(t *testing.T, database backing.Open) {
		s := open(t, database())
		for _, address := range []string{"a@shop.example.com", "b@shop.example.com", ""} {
			if err := s.SetEmail(t.Context(), "shop", address); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Email(t.Context(), "shop"); err != nil || got != address {
				t.Errorf("%q, %v", got, err)
			}
			if got, err := s.Email(t.Context(), "desk"); err != nil || got != "" {
				t.Errorf("of another account: %q, %v", got, err)
			}
		}
		for name, address := range map[string]string{"Shop": "a@example.com", "shop": "Shop <a@example.com>", "desk": "a@example.com\r\nBcc: b@example.com"} {
			if err := s.SetEmail(t.Context(), name, address); !fault.Is(err, fault.KeyInvalid) {
				t.Errorf("%s %q: %v", name, address, err)
			}
		}
	})
}
