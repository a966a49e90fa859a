package page

import (
	"errors"
	"fmt"
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
