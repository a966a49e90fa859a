package catalog

import (
	"io"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Version is a saved classifier. It does not change.
type Version struct {
	*Manifest
	// Builtin tells that it is compiled into the program.
	Builtin bool
	// place is where a part of the weights lies, for errors; open opens it.
	place func(b Blob) string
	open  func(b Blob) (io.ReadCloser, error)
}

// version is a manifest of the catalog's folder with its weights.
func (c *Catalog) version(m *Manifest) *Version {
	path := func(b Blob) string { return c.path(blobsDir, b.SHA256) }
	return &Version{Manifest: m, place: path, open: func(b Blob) (io.ReadCloser, error) { return c.cfg.FS.Open(path(b)) }}
}

// Blob reads a part of the weights. It returns what was saved, or an error that names the file.
func (v *Version) Blob(name string) ([]byte, error) {
	b, ok := v.blob(name)
	if !ok {
		return nil, fault.New(fault.CatalogDamaged, "%s has no weights %q", v.Ref(), name)
	}
	return readBlob(b, v.place(b), func() (io.ReadCloser, error) { return v.open(b) })
}

// Part is a part of the weights that is copied without being held in memory, for a Draft that takes it over.
func (v *Version) Part(b Blob) io.WriterTo { return part{v, b} }

type part struct {
	version *Version
	blob    Blob
}

// WriteTo copies the part. What w has got is that part only if there is no error.
func (p part) WriteTo(w io.Writer) (int64, error) { return p.blob.Size, p.version.copy(w, p.blob) }

// CheckWeights reads all of the weights and reports the first part that is not what was saved.
func (v *Version) CheckWeights() error {
	for _, b := range v.Weights {
		if err := v.copy(io.Discard, b); err != nil {
			return err
		}
	}
	return nil
}

// copy writes a part of the weights to w. What w has got is that part only if there is no error.
func (v *Version) copy(w io.Writer, b Blob) error {
	f, err := v.open(b)
	if err != nil {
		return blobError(b, v.place(b), err)
	}
	defer f.Close()
	return verify(w, f, b, v.place(b))
}
