package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strconv"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// staged is a part of the weights that lies in the folder of what is not finished.
type staged struct {
	Blob
	path string
}

// stage writes a part of the weights aside, where it survives a crash as soon as it has its place.
func (c *Catalog) stage(i int, name string, content io.WriterTo, limit int64) (staged, error) {
	s := staged{Blob: Blob{Name: name}, path: c.path(tmpDir, strconv.Itoa(i))}
	f, err := c.cfg.FS.Create(s.path)
	if err != nil {
		return s, fault.Storage(err, s.path)
	}
	w := &counter{w: f, hash: sha256.New(), left: limit}
	_, err = content.WriteTo(w)
	if w.err == nil && err != nil {
		return s, errors.Join(fmt.Errorf("write the weights %s: %w", name, err), f.Close())
	}
	if err = w.err; err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return s, fault.Storage(err, s.path)
	}
	s.Size, s.SHA256 = w.n, hex.EncodeToString(w.hash.Sum(nil))
	return s, nil
}

// counter counts and hashes what is written, and keeps the disk's error apart from the one of who writes.
type counter struct {
	w    io.Writer
	hash hash.Hash
	n    int64
	left int64
	err  error
}

func (c *counter) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		c.err = fault.New(fault.ClassifierInvalid, "the weights have more bytes than are allowed")
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.hash.Write(p[:n])
	c.n, c.left, c.err = c.n+int64(n), c.left-int64(n), err
	return n, err
}

// place gives staged weights the name of their hash. Those that are there already are looked at: what a new version
// refers to is whole.
func (c *Catalog) place(all []staged) error {
	dir := c.path(blobsDir)
	if err := disk.MakeDir(c.cfg.FS, dir); err != nil {
		return fault.Storage(err, dir)
	}
	for _, s := range all {
		path := c.path(blobsDir, s.SHA256)
		if c.version(nil).copy(io.Discard, s.Blob) == nil {
			continue
		}
		err := c.cfg.FS.Remove(path) // a damaged one
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			// A link is durable when this one folder is, and that may be left to the next who finds it.
			err = c.cfg.FS.Link(s.path, path)
		}
		if err != nil {
			return fault.Storage(err, path)
		}
	}
	return fault.Storage(c.cfg.FS.SyncDir(dir), dir)
}

// verify copies what should be a part of the weights.
func verify(w io.Writer, r io.Reader, b Blob, path string) error {
	at := fault.Where{File: path}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(r, b.Size+1))
	switch {
	case err != nil:
		return fault.Storage(err, path)
	case n != b.Size:
		return fault.New(fault.CatalogDamaged, "the weights %s have another size than %d bytes", b.Name, b.Size).At(at)
	case hex.EncodeToString(h.Sum(nil)) != b.SHA256:
		return fault.New(fault.CatalogDamaged, "the weights %s were changed: their hash does not match", b.Name).At(at)
	default:
		return nil
	}
}

func blobError(b Blob, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.CatalogDamaged, "the weights %s are gone: %w", b.Name, err).At(fault.Where{File: path})
	}
	return fault.Storage(err, path)
}

// readBlob reads a part of the weights from wherever open finds it.
func readBlob(b Blob, path string, open func() (io.ReadCloser, error)) ([]byte, error) {
	f, err := open()
	if err != nil {
		return nil, blobError(b, path, err)
	}
	defer f.Close()
	var data bytes.Buffer
	data.Grow(int(b.Size))
	if err := verify(&data, f, b, path); err != nil {
		return nil, err
	}
	return data.Bytes(), nil
}
