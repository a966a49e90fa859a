package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"hash/crc32"
	"regexp"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Parts of a key: wn_ID_SECRET.
const (
	idBytes     = 5  // 8 characters
	secretBytes = 32 // 52 characters, and 7 of the checksum
)

// letters are those of keys: no two look alike, and a double click takes all of it.
var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// accountName is what an account may be called: it is part of paths.
var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func checkName(account string) error {
	if accountName.MatchString(account) {
		return nil
	}
	return fault.New(fault.KeyInvalid, "%q can't be an account's name", account).
		WithFix("use lower-case letters, digits, '-' and '_', at most 64, and begin with a letter or digit")
}

// newKey makes a key's id and the key.
func newKey() (id, key string) {
	var raw [idBytes + secretBytes]byte
	_, _ = rand.Read(raw[:]) // it never fails
	id = letters.EncodeToString(raw[:idBytes])
	body := id + "_" + letters.EncodeToString(raw[idBytes:])
	return id, api.KeyPrefix + body + checksum(body)
}

// checksum are the last characters of a key, by which a leaked one can be told from other texts.
func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return letters.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// idOf is the id in a key; empty where it is none.
func idOf(key string) string {
	body, ok := strings.CutPrefix(key, api.KeyPrefix)
	sum := len(checksum(""))
	if !ok || len(body) < sum || checksum(body[:len(body)-sum]) != body[len(body)-sum:] {
		return ""
	}
	id, _, _ := strings.Cut(body, "_")
	return id
}

// hash is what the database holds of a key. A fast hash does: there is nothing to guess in 256 random bits.
func hash(key string) [sha256.Size]byte { return sha256.Sum256([]byte(key)) }
