package page

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// ErrCorrupt is behind every error about bytes that can't be what a Parquet writer wrote.
var ErrCorrupt = errors.New("corrupt")

// Unsupported is the error of a feature of the format that is not read.
type Unsupported struct{ Feature string }

func (e *Unsupported) Error() string { return e.Feature + " is not supported" }

// corruption is an error whose text is complete in itself and that matches ErrCorrupt.
type corruption string

func (e corruption) Error() string        { return string(e) }
func (e corruption) Is(target error) bool { return target == ErrCorrupt }

// Corrupt returns an error that matches ErrCorrupt.
func Corrupt(format string, args ...any) error { return corruption(fmt.Sprintf(format, args...)) }

// UnsupportedEncoding is the error of values that are encoded in a way that is not read.
func UnsupportedEncoding(enc format.Encoding, t format.Type) error {
	return &Unsupported{Feature: "the encoding " + nameOf(enc.String(), int32(enc)) + " of " + t.String() + " values"}
}

// nameOf is a constant's name, or its number where format knows no name.
func nameOf(name string, number int32) string {
	if strings.HasSuffix(name, "(?)") {
		return strconv.Itoa(int(number))
	}
	return name
}
