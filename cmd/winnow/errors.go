package main

import (
	"errors"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// errHelped ends the parsing of a command line after its help was printed.
var errHelped = errors.New("help was printed")

// errSilent is a failure that was reported already; see silent.
var errSilent = errors.New("reported already")

// silent is an error with an exit status and nothing more to say.
type silent struct{ code int }

func (silent) Error() string   { return errSilent.Error() }
func (silent) Is(e error) bool { return e == errSilent }

func silentCode(err error) int {
	var s silent
	if errors.As(err, &s) {
		return s.code
	}
	return 0
}

// usageError codes what the command line's parser complains about.
func usageError(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	command := "winnow"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if n := parse.Context.Selected(); n != nil {
			command = n.FullPath()
		}
	}
	return fault.New(fault.Usage, "%s", lowerFirst(err.Error())).WithFix("%s --help lists what there is", command)
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// flatten takes joined errors apart, so that each is told by itself.
func flatten(err error) []error {
	many, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range many.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}
