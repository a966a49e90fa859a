package api

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what S3's clients send, against damage on the way
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"net/textproto"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// checksums are those of S3 by the header that carries one, in base64.
var checksums = []struct {
	header string
	make   func() hash.Hash
}{
	{"X-Amz-Checksum-Sha256", sha256.New},
	{"X-Amz-Checksum-Sha1", sha1.New},
	{"X-Amz-Checksum-Crc32c", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
	{"X-Amz-Checksum-Crc32", func() hash.Hash { return crc32.NewIEEE() }},
}

// checksum is what a client says of its file.
type checksum struct {
	hash hash.Hash // nil: nothing
	want []byte
}

// checksumOf finds a file's checksum among the headers of its request and of its part of the form. The first that is there
// counts.
func checksumOf(request http.Header, part textproto.MIMEHeader) (*checksum, error) {
	for _, c := range checksums {
		for _, value := range []string{request.Get(c.header), part.Get(c.header)} {
			if value != "" {
				return newChecksum(c.header, value, c.make())
			}
		}
	}
	// In a request's own headers it would be that of the whole form.
	if value := part.Get("Content-Md5"); value != "" {
		return newChecksum("Content-MD5", value, md5.New()) //nolint:gosec // see above
	}
	return new(checksum), nil
}

func newChecksum(name, value string, h hash.Hash) (*checksum, error) {
	want, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(want) != h.Size() {
		return nil, fault.New(fault.UploadChecksum, "the header %s is not %d bytes in base64", name, h.Size())
	}
	return &checksum{h, want}, nil
}

// reading is a file whose bytes the checksum sees.
func (c *checksum) reading(file io.Reader) *checked { return &checked{Reader: file, sum: c} }

// checked is a file with its checksum.
type checked struct {
	io.Reader
	sum *checksum
}

// Read reads the file.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.sum.hash != nil {
		_, _ = c.sum.hash.Write(p[:n]) // it never fails
	}
	return n, err
}

// check compares the checksum with what was read.
func (c *checked) check() error {
	if c.sum.hash != nil && !bytes.Equal(c.sum.hash.Sum(nil), c.sum.want) {
		return fault.New(fault.UploadChecksum, "the file is not the one that its checksum was made of")
	}
	return nil
}
