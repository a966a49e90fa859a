package catalog

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxWindow is what the decompression of a file may ask for; the encoder uses 8 MiB at most.
const maxWindow = 32 << 20 // bytes

// Import enters a version that Export wrote, under its own name or another. It keeps its hash and gets the next number
// of the name, or is found where the name has a version with the same content already. Files that are damaged, foreign
// or larger than Config allows are refused (catalog.archive), and leave nothing behind.
func (c *Catalog) Import(ctx context.Context, r io.ReadSeeker, as string) (Saved, error) {
	if as != "" {
		if err := c.checkFree(as); err != nil {
			return Saved{}, err
		}
	}
	if err := c.checkArchive(r); err != nil {
		return Saved{}, err
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return Saved{}, fault.New(fault.CatalogArchive, "%w", err)
	}
	defer z.Close()
	a := &archiveReader{z: z, t: tar.NewReader(z)}
	m, err := a.manifest(c.cfg.MaxWeights)
	if err != nil {
		return Saved{}, err
	}
	from := m.Ref()
	if as != "" {
		m.Name = as
	}
	if err := c.checkFree(m.Name); err != nil {
		if e, ok := fault.As(err); ok && e.Code == fault.ClassifierBuiltin {
			return Saved{}, e.WithFix("import it --as another name")
		}
		return Saved{}, err
	}
	m.Origin.Imported = from
	var s Saved
	err = c.write(ctx, func() error {
		parts, err := a.weights(c, m)
		if err != nil {
			return err
		}
		s, err = c.enter(m, parts)
		return err
	})
	return s, err
}

// checkArchive reads a file once and refuses one that was not written so, then goes back to what follows the head.
func (c *Catalog) checkArchive(r io.ReadSeeker) error {
	foreign := func(format string, args ...any) error {
		return fault.New(fault.CatalogArchive, format, args...)
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return readError(err, "")
	}
	// Weights that don't compress grow by a hundredth at most.
	if limit := c.cfg.MaxWeights + c.cfg.MaxWeights/100 + maxManifest; size > limit {
		return foreign("the file has %d bytes, at most %d are allowed", size, limit)
	}
	head := make([]byte, headSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return foreign("the file is no exported classifier: it ends within its head")
	}
	line := string(head[8:])
	var format int
	var digits string
	if binary.LittleEndian.Uint32(head) != skippable || int(binary.LittleEndian.Uint32(head[4:])) != len(line) {
		return foreign("the file is no exported classifier")
	}
	if _, err := fmt.Sscanf(line, "winnow classifier %d sha256:%s", &format, &digits); err != nil {
		return foreign("the file is no exported classifier")
	}
	if format > archiveFormat {
		return newer("the file has the format %d, and this winnow knows up to %d", format, archiveFormat)
	}
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return readError(err, "")
	}
	if line != archiveLine(archiveFormat, h.Sum(nil)) {
		return foreign("the file is damaged: its checksum does not match")
	}
	_, err = r.Seek(int64(headSize), io.SeekStart)
	return readError(err, "")
}

// archiveReader takes a file apart whose checksum fits. Whoever wrote it may still have meant harm, so nothing is read
// but what the manifest announces, and no name in it becomes a path.
type archiveReader struct {
	z *zstd.Decoder
	t *tar.Reader
}

// next goes to the next entry, which must have a name and at most a size.
func (a *archiveReader) next(name string, limit int64) (*tar.Header, error) {
	h, err := a.t.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fault.New(fault.CatalogArchive, "the file lacks %s", name)
	case err != nil:
		return nil, fault.New(fault.CatalogArchive, "%w", err)
	case h.Name != name || h.Typeflag != tar.TypeReg:
		return nil, fault.New(fault.CatalogArchive, "the file holds %q where %s belongs", h.Name, name)
	case h.Size < 0 || h.Size > limit:
		return nil, fault.New(fault.CatalogArchive, "%s has %d bytes, at most %d are allowed", name, h.Size, limit)
	}
	return h, nil
}

func (a *archiveReader) manifest(maxWeights int64) (*Manifest, error) {
	h, err := a.next(manifestEntry, maxManifest)
	if err != nil {
		return nil, err
	}
	data := make([]byte, h.Size)
	if _, err := io.ReadFull(a.t, data); err != nil {
		return nil, fault.New(fault.CatalogArchive, "%s: %w", manifestEntry, err)
	}
	m, err := decodeManifest(data, maxWeights)
	if err == nil {
		err = CheckName(m.Name)
	}
	if err != nil {
		return nil, asArchive(err)
	}
	return m, nil
}

// asArchive says of what is wrong with a manifest that it is the file which holds it; a newer format stays one.
func asArchive(err error) error {
	if e, ok := fault.As(err); ok && e.Code != fault.ClassifierNewer {
		return fault.New(fault.CatalogArchive, "its manifest: %w", errors.New(e.What))
	}
	return err
}

// weights stages what the manifest announces, and reads the file to its end.
func (a *archiveReader) weights(c *Catalog, m *Manifest) ([]staged, error) {
	var parts []staged
	done := make(map[string]bool)
	for i, b := range m.Weights {
		if done[b.SHA256] {
			continue
		}
		done[b.SHA256] = true
		if _, err := a.next(blobEntry(b), b.Size); err != nil {
			return nil, err
		}
		s, err := c.stage(i, b.Name, entryContent{a.t}, b.Size)
		if err != nil {
			if _, ok := fault.As(err); ok {
				return nil, err
			}
			return nil, fault.New(fault.CatalogArchive, "%w", err)
		}
		if s.Blob != b {
			return nil, fault.New(fault.CatalogArchive, "the weights %s have %d bytes with the hash %s, and not those that the manifest announces", b.Name, s.Size, s.SHA256)
		}
		parts = append(parts, s)
	}
	if h, err := a.t.Next(); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, fault.New(fault.CatalogArchive, "%w", err)
		}
		return nil, fault.New(fault.CatalogArchive, "the file holds %q, of which its manifest knows nothing", h.Name)
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(a.z, 1)); n != 0 || err != nil {
		return nil, fault.New(fault.CatalogArchive, "the file goes on behind its end")
	}
	return parts, nil
}

// entryContent is the entry that a tar file is at.
type entryContent struct{ t *tar.Reader }

// WriteTo copies the entry.
func (e entryContent) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, e.t) }
