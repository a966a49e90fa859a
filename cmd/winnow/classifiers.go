package main

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
)

// classifiersCmd is about saved classifiers; its commands are in classifiers_*.go.
type classifiersCmd struct {
	List   classifiersListCmd   `cmd:"" help:"List saved classifiers."`
	Show   classifiersShowCmd   `cmd:"" help:"Show a version: labels, options, evaluation, and where it came from."`
	Save   classifiersSaveCmd   `cmd:"" help:"Save labels and options as a classifier, or as its next version."`
	Diff   classifiersDiffCmd   `cmd:"" help:"Show what tells two versions apart."`
	Alias  classifiersAliasCmd  `cmd:"" help:"Name a version, such as production; move or remove that name."`
	Export classifiersExportCmd `cmd:"" help:"Write a version as one file, for another machine."`
	Import classifiersImportCmd `cmd:"" help:"Enter a version from such a file."`
	Delete classifiersDeleteCmd `cmd:"" help:"Delete a version, or all of a name."`
	Prune  classifiersPruneCmd  `cmd:"" help:"Remove weights that no version refers to."`
}

// versionArg names a version on the command line.
type versionArg struct {
	Classifier string `arg:"" help:"NAME for the newest version, NAME@v2, NAME@ALIAS, or NAME@sha256:…"`
}

// find opens the user's catalog and finds the version.
func (a *versionArg) find() (*catalog.Version, error) {
	cat, err := wire.Catalog()
	if err != nil {
		return nil, err
	}
	return cat.Resolve(a.Classifier)
}

// savedJSON is what a command that saves says to machines.
type savedJSON struct {
	Name    string `json:"name"`
	Number  int    `json:"number"`
	Version string `json:"version"` // name@vN
	Hash    string `json:"hash"`
	Existed bool   `json:"existed"` // nothing was written: the name had this content already
}

func (m *Main) tellSaved(s catalog.Saved, asJSON bool) error {
	if asJSON {
		return m.json(savedJSON{Name: s.Name, Number: s.Number, Version: s.Ref(), Hash: s.Hash, Existed: s.Existed})
	}
	verb := "saved"
	if s.Existed {
		verb = "nothing new: the same is there already as"
	}
	_, err := fmt.Fprintf(m.Stdout, "%s %s (%s)\n", verb, s.Ref(), shortHash(s.Hash))
	return err
}

// shortHash is as much of a hash as tells versions apart.
func shortHash(hash string) string { return hash[:min(len(hash), len("sha256:")+12)] }

// commandLine is the command as it was given, for the record.
func (m *Main) commandLine() string {
	words := []string{"winnow"}
	for _, a := range m.args {
		if strings.ContainsAny(a, " \t\n'\"\\$`*?&|;<>()#~") || a == "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
