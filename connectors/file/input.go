package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/connectors/file/charset"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// input is one file of a source and what detection found out about it.
type input struct {
	path     string
	size     int64
	modified time.Time
	packed   inflate.Format
	encoding *charset.Encoding
	guess    charset.Guess
	empty    bool  // no record
	start    int64 // lines before the first record
	notes    []string
	split    *pipeline.Split
	stdin    *probe // standard input, what was looked at included; nil for files
}

// probe is an input opened for a look at its head.
type probe struct {
	in     *input
	stream *stream
	pump   *pump // of standard input
	opened bool  // a reader has taken standard input over
	text   io.Reader
	magic  []byte // the first source bytes
	head   []byte // the text's first bytes, as UTF-8
	atEnd  bool   // head is the whole text
}

// probeInput opens a path and finds out how it is compressed and encoded. Close the probe, unless it is standard input.
func (s *Source) probeInput(path string) (*probe, error) {
	p := &probe{in: &input{path: path, packed: inflate.Format(s.cfg.Compression)}}
	var raw io.Reader
	var closer io.Closer
	if path == stdinPath {
		p.in.path, p.in.stdin = StdinName, p
		p.pump = newPump(s.cfg.Stdin)
		raw, closer = p.pump, p.pump
	} else {
		f, err := s.fs.Open(path)
		if err != nil {
			return nil, fault.Unreadable(err, path)
		}
		if err := p.in.stat(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		raw, closer = f, f
	}
	magic, _, err := p.read(nil, raw, headSize)
	if err != nil {
		return nil, errors.Join(fault.Unreadable(err, p.in.path), closer.Close())
	}
	p.magic = magic
	if p.in.packed == "" || p.in.packed == formatAuto {
		p.in.packed = inflate.Detect(magic)
		if err := p.in.asNamed(len(magic)); err != nil {
			return nil, errors.Join(err, closer.Close())
		}
	}
	p.in.identify(path, magic)
	if err := p.decode(s, io.MultiReader(bytes.NewReader(magic), raw), closer); err != nil {
		return nil, err
	}
	return p, nil
}

// decode layers decompression over the source bytes, and decoding once the encoding is known.
func (p *probe) decode(s *Source, raw io.Reader, closer io.Closer) (err error) {
	in := p.in
	in.encoding = charset.UTF8
	if p.stream, err = newStream(in, raw, s.limit, closer); err != nil {
		return err
	}
	bytesHead, atEnd, err := p.read(nil, p.stream, headSize)
	if err != nil {
		return errors.Join(err, p.close())
	}
	if s.cfg.Encoding != "" && s.cfg.Encoding != formatAuto {
		in.encoding = charset.Lookup(s.cfg.Encoding)
		if bytes.HasPrefix(bytesHead, []byte("\xfe\xff")) && in.encoding == charset.UTF16LE {
			in.encoding = charset.UTF16BE
		}
	} else {
		in.guess = charset.Detect(bytesHead)
		in.encoding = in.guess.Encoding
		if in.encoding == nil {
			in.encoding = in.guess.Likely
		}
	}
	p.head, p.atEnd, p.text = bytesHead, atEnd, p.stream
	if in.encoding != charset.UTF8 {
		p.text = in.encoding.NewReader(io.MultiReader(bytes.NewReader(bytesHead), p.stream))
		p.head, p.atEnd = nil, false
		err = p.fill(headSize)
	}
	return err
}

// fill reads on until the head has n bytes or the input ends.
func (p *probe) fill(n int) (err error) {
	if !p.atEnd && len(p.head) < n {
		p.head, p.atEnd, err = p.read(p.head, p.text, n)
	}
	return err
}

// read appends to b up to n bytes. Standard input that falls silent after it has given something is taken as it is.
func (p *probe) read(b []byte, r io.Reader, n int) (_ []byte, atEnd bool, err error) {
	for len(b) < n {
		if cap(b) == len(b) {
			b = append(make([]byte, 0, min(n, max(4<<10, 4*cap(b)))), b...)
		}
		m, err := r.Read(b[len(b):min(cap(b), n)])
		b = b[:len(b)+m]
		switch {
		case err == io.EOF:
			return b, true, nil
		case err == errSilent:
			return b, false, nil
		case err != nil:
			return b, false, err
		}
		if p.pump != nil {
			p.pump.impatient = p.in.packed == "" || p.in.packed == inflate.None || p.in.packed == formatAuto
		}
	}
	return b, false, nil
}

func (p *probe) close() error { return p.stream.Close() }

// packedEndings are the compressions that file names tell.
var packedEndings = map[string]inflate.Format{
	".gz": inflate.Gzip, ".gzip": inflate.Gzip, ".zst": inflate.Zstd, ".zstd": inflate.Zstd, ".bz2": inflate.Bzip2,
}

// asNamed checks that a file is compressed if its name says so: one that is cut short within its first bytes is not.
func (in *input) asNamed(size int) error {
	named, ok := packedEndings[strings.ToLower(filepath.Ext(in.path))]
	if !ok || size == 0 || in.packed != inflate.None {
		return nil
	}
	return fault.New(fault.InputCorrupt, "the name says %s, but the content is not compressed", named).At(fault.Where{File: in.path}).
		WithFix("get the file again from where it came, or set compression: none in a spec if it is plain")
}

// stat notes size and time of a file.
func (in *input) stat(f disk.File) error {
	info, err := f.Stat()
	if err != nil {
		return fault.Unreadable(err, in.path)
	}
	if info.IsDir() {
		return fault.New(fault.InputMissing, "this is a folder, not a file").At(fault.Where{File: in.path})
	}
	in.size, in.modified = info.Size(), info.ModTime()
	return nil
}

// identify makes the split.
func (in *input) identify(id string, head []byte) {
	in.split = &pipeline.Split{ID: id, File: in.path, End: -1, Size: in.size}
	if in.stdin == nil {
		in.split.Fingerprint = fmt.Sprintf("%d-%d-%016x", in.size, in.modified.UnixNano(), xxhash.Sum64(head))
	}
}

// unchanged checks that a file still has the size and time that it had when it was first looked at.
func (in *input) unchanged(f disk.File) error {
	now := input{path: in.path}
	if err := now.stat(f); err != nil {
		return err
	}
	if now.size != in.size || !now.modified.Equal(in.modified) {
		return in.changed("it changed while it was read")
	}
	return nil
}

func (in *input) changed(what string) error {
	return fault.New(fault.InputChanged, "%s", what).At(fault.Where{File: in.path})
}
