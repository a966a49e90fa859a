package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A file of the catalog is two JSON values, each with a line end behind it: on the first line what the file is and the
// SHA-256 of everything after that line, then its body.
const fileFormat = 1

// What files are.
const (
	kindClassifier = "classifier"
	kindDeleted    = "deleted classifier"
	kindAliases    = "aliases"
)

type head struct {
	Kind   string `json:"winnow"`
	Format int    `json:"format"`
	SHA256 string `json:"sha256"`
}

// line is the first line, in the only form that is read.
func (h head) line() string {
	return fmt.Sprintf("{\"winnow\":%q,\"format\":%d,\"sha256\":%q}\n", h.Kind, h.Format, h.SHA256)
}

// seal makes a file of a body.
func seal(kind string, body any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(body); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b.Bytes())
	return append([]byte(head{kind, fileFormat, hex.EncodeToString(sum[:])}.line()), b.Bytes()...), nil
}

// kindOf tells what a file is, without a look at its body.
func kindOf(data []byte) (head, []byte, error) {
	var h head
	first, body, found := bytes.Cut(data, []byte("\n"))
	if !found || json.Unmarshal(first, &h) != nil || h.line() != string(first)+"\n" {
		return head{}, nil, fault.New(fault.CatalogDamaged, "it is not a file of a catalog, or its first line was changed")
	}
	if h.Format > fileFormat {
		return head{}, nil, newer("it has the format %d, and this winnow knows up to %d", h.Format, fileFormat)
	}
	sum := sha256.Sum256(body)
	if h.Format < 1 || hex.EncodeToString(sum[:]) != h.SHA256 {
		return head{}, nil, fault.New(fault.CatalogDamaged, "its checksum does not match")
	}
	return h, body, nil
}

// unseal reads a file of a kind into a body. A field that is not known can only come from a newer winnow, since the
// checksum fits.
func unseal(data []byte, kind string, body any) error {
	h, text, err := kindOf(data)
	if err != nil {
		return err
	}
	if h.Kind != kind {
		return fault.New(fault.CatalogDamaged, "it is a file of %s, and %s belongs here", h.Kind, kind)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil {
		return newer("%v", err)
	}
	return nil
}

func newer(format string, args ...any) *fault.Error {
	return fault.New(fault.ClassifierNewer, format, args...)
}
