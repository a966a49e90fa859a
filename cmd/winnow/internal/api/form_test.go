package api_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
)

// boundary is as short as one can be, so that much looks like it.
const boundary = "b"

// told is what a form tells: names and contents of its parts, and how it ends. Of a part a few bytes are read at once; of every
// third, a few at all, unless it is quoted: what multipart.Reader leaves of such a one may come as the next part.
func told(next func() (*multipart.Part, io.Reader, error), piece int) (all []string) {
	for n := 1; n < 20; n++ {
		p, in, err := next()
		if err != nil {
			return append(all, "ends: "+err.Error())
		}
		var content bytes.Buffer
		if n%3 == 0 && p.FormName() != "q" {
			in = io.LimitReader(in, int64(piece))
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{&content}, struct{ io.Reader }{in}, make([]byte, piece))
		if all = append(all, fmt.Sprintf("%s: %q %v", p.FormName(), content.Bytes(), err)); err != nil {
			return all
		}
	}
	return all
}

// sameForm holds what is read of a form to what multipart.Reader reads.
func sameForm(t *testing.T, body []byte, size, piece int) {
	t.Helper()
	piece = 1 + piece%100
	whole := multipart.NewReader(bytes.NewReader(body), boundary)
	want := told(func() (*multipart.Part, io.Reader, error) {
		p, err := whole.NextPart()
		return p, p, err
	}, piece)
	for _, in := range []io.Reader{bytes.NewReader(body), iotest.HalfReader(bytes.NewReader(body)), iotest.OneByteReader(bytes.NewReader(body)), iotest.DataErrReader(bytes.NewReader(body))} {
		if diff := cmp.Diff(want, told(api.FormParts(in, boundary, size), piece)); diff != "" {
			t.Fatalf("buffer %d, pieces of %d: %q\n%s", size, piece, body, diff)
		}
	}
}

// Heads of parts.
const (
	field  = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"
	quoted = "--b\r\nContent-Disposition: form-data; name=\"q\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)

// TestForm reads forms of what may go together badly: boundaries, beginnings of boundaries and line ends, at every place of a
// buffer.
func TestForm(t *testing.T) {
	pieces := []string{
		"\r", "\n", "\r\n", "-", "--", "--b", "\n--b", "\r\n--b", "\r\n--b-", "\r\n--b--", "--b--\r\n", "\r\n--bc", "\r\n--b \r\n", "b", "x", "=3D", "=\r\n",
		"{\"text\":\"hello\"}\n", strings.Repeat("y", 30), strings.Repeat("z", 5000), "\r\n" + field, "\r\n" + quoted, "\n" + strings.ReplaceAll(field, "\r", ""),
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		body := []byte([]string{field, strings.ReplaceAll(field, "\r", ""), quoted, ""}[r.IntN(4)])
		for range r.IntN(12) {
			body = append(body, pieces[r.IntN(len(pieces))]...)
		}
		if r.IntN(2) == 0 {
			body = append(body, "\r\n--b--\r\n"...)
		}
		sameForm(t, body, 16<<r.IntN(10), r.IntN(100))
	}
}

func FuzzForm(f *testing.F) {
	f.Add([]byte(field+"hello\r\n"+field+"a\r\n--b\n\r\n--b--\r\n"), uint16(16), uint16(7))
	f.Add([]byte(strings.ReplaceAll(field+"\n--b\n--b--\n", "\r", "")), uint16(64), uint16(0))
	f.Add([]byte(quoted+"=3D=\r\n\r\n--b--"), uint16(4096), uint16(99))
	f.Fuzz(func(t *testing.T, body []byte, size, piece uint16) { sameForm(t, body, int(size), int(piece)) })
}
