package fasttext

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Hash is the SHA-256 of the model's file: 64 hexadecimal digits. For a model that was read it is known; for one that was
// trained the first call takes as long as writing it does.
func (m *Model) Hash() string {
	m.hashOnce.Do(func() {
		if m.hash == "" {
			h := sha256.New()
			_, _ = m.WriteTo(h)
			m.hash = hex.EncodeToString(h.Sum(nil))
		}
	})
	return m.hash
}

// hashOf begins to hash a file, and returns what waits for the hash; it is empty where the file can't be read.
func hashOf(r io.ReaderAt, size int64) (wait func() string) {
	done := make(chan string, 1)
	go func() {
		defer close(done)
		h := sha256.New()
		n, err := io.CopyBuffer(h, io.NewSectionReader(r, 0, size), make([]byte, 1<<18))
		if err == nil && n == size {
			done <- hex.EncodeToString(h.Sum(nil))
		}
	}()
	return func() string { return <-done }
}
