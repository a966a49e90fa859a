package main

import (
	"os"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// secretFlag says where a secret is: file:PATH or env:NAME. It can't hold one: every user of the machine sees command lines,
// and shells keep them.
type secretFlag struct{ unit.Secret }

// UnmarshalText is called by kong where the flag is given. Its errors do not repeat a text that may be the secret itself.
func (f *secretFlag) UnmarshalText(text []byte) error {
	kind, where, _ := strings.Cut(string(text), ":")
	switch {
	case kind == "file" && where != "":
		f.Secret = unit.SecretFile(where)
	case kind == "env" && where != "":
		if f.Secret = unit.NewSecret(os.Getenv(where)); f.IsZero() {
			return fault.New(fault.Usage, "the environment variable %s is not set, or empty", where).WithFix("export it first")
		}
	default:
		return fault.New(fault.Usage, "this says where the key is, and does not take the key itself").
			WithFix("write it into a file or a variable, and give file:PATH or env:NAME")
	}
	return nil
}
