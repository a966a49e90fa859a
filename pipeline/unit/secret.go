package unit

import (
	"fmt"
	"os"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// redacted stands wherever a secret would be printed.
const redacted = "[redacted]"

// Secret is a password, key or token. It formats and marshals as [redacted], whatever the verb; Reveal alone gives the
// value. In a spec it is a string, best taken from the environment (${NAME}), or {file: PATH}. The zero Secret is none.
type Secret struct {
	value string
	file  string
}

// NewSecret returns a secret of a known value.
func NewSecret(value string) Secret { return Secret{value: value} }

// SecretFile returns a secret that is the content of a file, read when it is revealed; one line end at its end is no
// part of it.
func SecretFile(path string) Secret { return Secret{file: path} }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s == Secret{} }

// Reveal returns the value, which is never to be printed or logged.
func (s Secret) Reveal() (string, error) {
	if s.file == "" {
		return s.value, nil
	}
	data, err := os.ReadFile(s.file)
	if err != nil {
		return "", fault.New(fault.ConfigField, "the file of a secret can't be read: %w", err).
			WithFix("check the path and its permissions")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// String hides the value.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format hides the value from every verb, %#v included.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText hides the value.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
