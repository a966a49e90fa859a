package modelfile

import (
	"errors"
	"fmt"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// What can be wrong with a file.
var (
	ErrForeign = errors.New("it is not one that winnow trained") // the text names the format's noun
	ErrNewer   = errors.New("a newer version of winnow wrote it")
	ErrDamaged = errors.New("it is damaged: its checksum is wrong")
	ErrCut     = errors.New("it is cut short")
	// ErrTable and ErrContent are the model's to find: the file is whole, and of no use.
	ErrTable   = errors.New("it was trained with another table of embeddings")
	ErrContent = errors.New("it contradicts itself")
)

// foreign is an ErrForeign that says what was expected.
type foreign struct{ noun string }

func (f *Format) foreign() error { return foreign{f.Noun} }

func (e foreign) Error() string        { return fmt.Sprintf("it is not a %s that winnow trained", e.noun) }
func (e foreign) Is(target error) bool { return target == ErrForeign }

// Invalid is the error of a file that can't be loaded, of the code model.invalid, with the remedy.
func Invalid(err error) *fault.Error {
	return fault.New(fault.ModelInvalid, "%w", err).WithFix("%s", fix(err))
}

func fix(err error) string {
	switch {
	case errors.Is(err, ErrNewer):
		return "use that version, or train anew with this one"
	case errors.Is(err, ErrTable):
		return "name the table that it was trained with, or train anew"
	case errors.Is(err, ErrForeign):
		return "check the path: winnow train writes such files"
	default:
		return "copy the file again, or train anew"
	}
}
