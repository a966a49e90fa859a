package backing

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Mailbox is an SMTP server that takes every message, with any login or none.
type Mailbox struct {
	Address string
	dir     string
}

var startSMTP = sync.OnceValues(func() (*Mailbox, error) {
	address, dir, err := server("services", []string{"start", "smtp"}, []string{"stop", "smtp"})
	return &Mailbox{address, filepath.Join(dir, "mail")}, err
})

// SMTP returns an SMTP server without TLS that runs until the package's tests end.
func SMTP(t testing.TB) *Mailbox {
	t.Helper()
	m, err := startSMTP()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// SMTPOver returns an SMTP server with a certificate, which takes messages over TLS only: begun by STARTTLS where mode is
// starttls, and with the connection where it is tls. It runs until the package's tests end.
func SMTPOver(t testing.TB, mode, certificate, key string) *Mailbox {
	t.Helper()
	address, dir, err := server("services", []string{"start", "smtp"}, []string{"stop", "smtp"}, mode, certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	return &Mailbox{address, filepath.Join(dir, "mail")}
}

// Messages are those that have come, oldest first. Their first headers are X-Envelope-From and X-Envelope-To.
func (m *Mailbox) Messages(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(m.dir, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range names { // sorted, and the names begin with the time
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(data))
	}
	return all
}
