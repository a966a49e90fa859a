package wire

import (
	"path/filepath"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// Classifiers makes classifiers one by one, for a service that is told by each request what to choose from.
type Classifiers struct {
	Plugins *Plugins // starts those that saved classifiers are; nil: there are none
}

// New makes the classifier that the configuration asks for.
func (c Classifiers) New(k *spec.Classify) (classify.Classifier, error) {
	return maker{plugins: c.Plugins}.classifier(k)
}

// Draft is the classifier as it is saved.
func (c Classifiers) Draft(k *spec.Classify) (catalog.Draft, error) { return Draft(k, c.Plugins) }

// Finds tells why the saved tagger that a reference means can't be used; nil: it can.
func (Classifiers) Finds(reference string) error {
	_, _, err := Tagger(reference)
	return err
}

// Catalogs are those of a service: one an account in the folder Dir of a file system, and the user's own for all of them.
type Catalogs struct {
	Dir string
	FS  disk.FS // nil: the operating system's
}

// What an account may save: a list of its classifiers reads each version, and so does a save each of its name.
const (
	maxNames    = 10_000
	maxVersions = 1000
)

// Own is the catalog of an account.
func (c Catalogs) Own(account string) (*catalog.Catalog, error) {
	return catalog.New(catalog.Config{Dir: filepath.Join(c.Dir, account), FS: c.FS, MaxNames: maxNames, MaxVersions: maxVersions})
}

// Shared is the user's catalog, with what is built in.
func (Catalogs) Shared() (*catalog.Catalog, error) { return Catalog() }
