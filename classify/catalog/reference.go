package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Reference names a version. At most one of Number, Alias and Hash is set; without any it is the newest.
type Reference struct {
	Name   string
	Number int
	Alias  string
	Hash   string // "sha256:" and 8 to 64 hexadecimal digits
}

// hashPrefix is how hashes begin.
const hashPrefix = "sha256:"

var hexDigits = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// ParseReference reads NAME, NAME@v2, NAME@ALIAS or NAME@sha256:….
func ParseReference(text string) (Reference, error) {
	name, at, selects := strings.Cut(text, "@")
	r := Reference{Name: name}
	if err := CheckName(name); err != nil {
		return r, err
	}
	hex, isHash := strings.CutPrefix(at, hashPrefix)
	switch {
	case !selects:
	case isHash:
		if !hexDigits.MatchString(hex) {
			return r, fault.New(fault.ClassifierRef, "%q: a hash is written as %s and %d to 64 digits of 0 to 9 and a to f", text, hashPrefix, minPrefix)
		}
		r.Hash = at
	case asNumber.MatchString(at):
		n, err := strconv.Atoi(at[1:])
		if err != nil || n < 1 || strconv.Itoa(n) != at[1:] {
			return r, fault.New(fault.ClassifierRef, "%q: versions are counted from v1", text)
		}
		r.Number = n
	case allDigits.MatchString(at):
		return r, fault.New(fault.ClassifierRef, "%q: versions are written as v1", text).WithFix("did you mean %s@v%s?", name, at)
	case at == "":
		return r, fault.New(fault.ClassifierRef, "%q: nothing follows the @", text)
	default:
		if err := CheckAlias(at); err != nil {
			return r, err
		}
		r.Alias = at
	}
	return r, nil
}

// String is the reference as ParseReference reads it.
func (r Reference) String() string {
	switch {
	case r.Number > 0:
		return versionName(r.Name, r.Number)
	case r.Alias != "":
		return r.Name + "@" + r.Alias
	case r.Hash != "":
		return r.Name + "@" + r.Hash
	default:
		return r.Name
	}
}

// Fixed reports whether the reference means the same version for ever.
func (r Reference) Fixed() bool { return r.Number > 0 || r.Hash != "" }

func versionName(name string, number int) string { return fmt.Sprintf("%s@v%d", name, number) }
