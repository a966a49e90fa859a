package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Key is what is known of a key after it was made.
type Key struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	Scope   Scope     `json:"scope"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Revoked time.Time `json:"revoked,omitzero"` // zero: it is not
	Used    time.Time `json:"used,omitzero"`    // the last time, within a quarter of a minute; zero: never
}

// Usable tells whether requests may come with the key.
func (k *Key) Usable(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Keyring makes and revokes the keys of accounts. It is safe for concurrent use; account.Store is one.
type Keyring interface {
	// Create makes a key and returns it: this once. It never expires where expires is 0.
	Create(ctx context.Context, account string, scope Scope, expires time.Duration) (string, Key, error)
	// List are an account's keys, oldest first, revoked ones too.
	List(ctx context.Context, account string) ([]Key, error)
	// Revoke makes a key of an account useless.
	Revoke(ctx context.Context, account, id string) error
}

// KeyPrefix begins every key, and its id follows.
const KeyPrefix = "wn_"

// maxExpiry is how long a key may be valid that is not valid for ever, in seconds: ten years.
const maxExpiry = 10 * 365 * 24 * 60 * 60

// keyBody is what POST /v1/keys takes. The account is that of the key which the request comes with: a key makes none for others.
var keyBody = &body{keys: []string{"scope", "expires_in"}}

// shownKey is a key. What of it is secret is there once, in the answer to its creation.
type shownKey struct {
	ID         string  `json:"id"`
	Prefix     string  `json:"prefix" jsonschema:"description=What the key begins with"`
	Scope      string  `json:"scope" jsonschema:"enum=read,enum=write,enum=admin"`
	CreatedAt  string  `json:"created_at"`
	ExpiresAt  *string `json:"expires_at" jsonschema:"description=null: when it is deleted"`
	LastUsedAt *string `json:"last_used_at" jsonschema:"description=Within a quarter of a minute; null: never"`
	Key        string  `json:"key,omitempty" jsonschema:"description=The key itself; shown once"`
}

type deletedKey struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func showKey(k *Key) shownKey {
	return shownKey{
		ID: k.ID, Prefix: KeyPrefix + k.ID, Scope: k.Scope.String(), CreatedAt: k.Created.Format(time.RFC3339),
		ExpiresAt: moment(k.Expires), LastUsedAt: moment(k.Used),
	}
}

// createKey answers POST /v1/keys.
func (c *call) createKey() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(maxJSON, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	again := func(int, string) error {
		return fault.New(fault.IdemSecret, "the key was made, and is not shown again")
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.makeKey(data.Bytes()) }, again)
}

// makeKey makes a key by a request's body, and answers with it.
func (c *call) makeKey(data []byte) (id string, err error) {
	scope, expires := ScopeWrite, time.Duration(0)
	err = object(data, func(key string, value []byte) (err error) {
		switch {
		case !slices.Contains(keyBody.keys, key):
			return unknownKey(key, keyBody.keys)
		case string(value) == "null":
		case key == "scope":
			scope, err = scopeOf(key, value)
		default:
			expires, err = expiryOf(key, value)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	secret, k, err := c.server.cfg.Keyring.Create(c.r.Context(), c.who.Account, scope, expires)
	if err != nil {
		return "", err
	}
	shown := showKey(&k)
	shown.Key = secret
	return k.ID, c.marshal(http.StatusCreated, shown)
}

func scopeOf(path string, value []byte) (Scope, error) {
	name, err := textOf(path, value)
	if err != nil {
		return 0, err
	}
	s, err := ParseScope(name)
	return s, within(path, err)
}

// expiryOf reads how long a key is valid, in seconds.
func expiryOf(path string, value []byte) (time.Duration, error) {
	n, err := wholeOf(path, value)
	if err == nil && (n < 1 || n > maxExpiry) {
		err = fault.New(fault.KeyInvalid, "%s is %d, and from 1 to %d seconds are allowed", path, n, maxExpiry).At(fault.Where{Path: path}).
			WithFix("leave it out for a key that is valid until it is deleted")
	}
	return time.Duration(n) * time.Second, err
}

// listKeys answers GET /v1/keys: those that were not revoked.
func (c *call) listKeys() error {
	all, err := c.server.cfg.Keyring.List(c.r.Context(), c.who.Account)
	if err != nil {
		return err
	}
	list := make([]shownKey, 0, len(all))
	for i := range all {
		if all[i].Revoked.IsZero() {
			list = append(list, showKey(&all[i]))
		}
	}
	return c.marshal(http.StatusOK, list)
}

// deleteKey answers DELETE /v1/keys/{id}.
func (c *call) deleteKey() error {
	id := c.r.PathValue("id")
	if err := c.server.cfg.Keyring.Revoke(c.r.Context(), c.who.Account, id); err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedKey{ID: id, Deleted: true})
}

// keyRoutes are those of keys.
func keyRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: "/v1/keys", scope: ScopeAdmin, handle: (*call).createKey,
			summary: "Make a key of the account; it is shown this once", request: keyBody, with: []parameter{idempotency},
			answer: shownKey{}, status: http.StatusCreated, problems: []int{409, 413, 415, 422},
		},
		{
			method: http.MethodGet, path: "/v1/keys", scope: ScopeAdmin, handle: (*call).listKeys,
			summary: "List the account's keys, oldest first", answer: []shownKey{}, status: http.StatusOK,
		},
		{
			method: http.MethodDelete, path: "/v1/keys/{id}", scope: ScopeAdmin, handle: (*call).deleteKey,
			summary: "Revoke a key", answer: deletedKey{}, status: http.StatusOK, problems: []int{404},
		},
	}
}
