package catalog

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// An exported version is a tar file in zstd: manifest.json, as it lies in the catalog, then blobs/<sha256> for each part
// of the weights in the manifest's order, each once. Before it comes a zstd frame that decoders skip, with a line that
// says what the file is and the SHA-256 of everything behind it. So tar and zstd read the file, and a byte that was
// changed anywhere is noticed before anything is parsed.
const (
	manifestEntry = "manifest.json"
	// skippable is the magic number of a frame that decoders skip (RFC 8878, 3.1.2).
	skippable     = 0x184d2a57
	archiveFormat = 1
)

// archiveLine is what the skipped frame holds. Its length is the same for all formats up to 9.
func archiveLine(format int, sum []byte) string {
	return fmt.Sprintf("winnow classifier %d sha256:%s\n", format, hex.EncodeToString(sum))
}

// headSize is the length of the skipped frame.
var headSize = 8 + len(archiveLine(archiveFormat, make([]byte, sha256.Size)))

func archiveHead(sum []byte) []byte {
	line := archiveLine(archiveFormat, sum)
	head := binary.LittleEndian.AppendUint32(nil, skippable)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(line)))
	return append(head, line...)
}

// Export writes a version as one file. The same version gives the same bytes, as long as the program is the same.
func (v *Version) Export(w io.Writer) error {
	// The hash comes first, so all is written twice, the first time to nowhere.
	first := sha256.New()
	if err := v.archive(first); err != nil {
		return err
	}
	sum := first.Sum(nil)
	if _, err := w.Write(archiveHead(sum)); err != nil {
		return err
	}
	second := sha256.New()
	if err := v.archive(io.MultiWriter(w, second)); err != nil {
		return err
	}
	if string(second.Sum(nil)) != string(sum) {
		return fault.New(fault.Internal, "the export of %s came out in two ways", v.Ref())
	}
	return nil
}

// archive writes what follows the head.
func (v *Version) archive(w io.Writer) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	data, err := v.encode()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(entry(manifestEntry, int64(len(data)))); err != nil {
		return err
	}
	if _, err := t.Write(data); err != nil {
		return err
	}
	written := make(map[string]bool)
	for _, b := range v.Weights {
		if written[b.SHA256] {
			continue
		}
		written[b.SHA256] = true
		if err := t.WriteHeader(entry(blobEntry(b), b.Size)); err != nil {
			return err
		}
		if err := v.copy(t, b); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

func blobEntry(b Blob) string { return blobsDir + "/" + b.SHA256 }

// entry has nothing in it of the machine or the time.
func entry(name string, size int64) *tar.Header {
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, Format: tar.FormatUSTAR}
	if size >= 8<<30 { // more than the octal field of USTAR holds
		h.Format = tar.FormatGNU
	}
	return h
}
