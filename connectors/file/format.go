package file

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/connectors/codec/csv"
	"github.com/winnow-stream/winnow/connectors/file/charset"
	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// format is what the files of a source have in common. Layout surveys them one after the other; then it reads them.
type format interface {
	// survey looks at the head of one more file: it sets the input's start and whether it is empty, and returns an
	// error where the file can't be read as this format or does not agree with those before.
	survey(ctx context.Context, p *probe) error
	// layout says what the files' records are like, once all were surveyed.
	layout() (*pipeline.Layout, error)
	open(ctx context.Context, in *input, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error)
	// plan makes a projection ready; nil where batches need no decoding.
	plan(want pipeline.Projection) (planner, error)
}

// survey opens each path for a look and settles the format by the first.
func (s *Source) survey(ctx context.Context, paths []string) error {
	var name, settledBy string
	empty := true
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, err := s.probeInput(path)
		if err != nil {
			return err
		}
		err = s.surveyOne(ctx, p, &name, &settledBy)
		if path != stdinPath || err != nil {
			if closeErr := p.close(); err == nil && closeErr != nil {
				err = fault.Unreadable(closeErr, path)
			}
		}
		if err != nil {
			return err
		}
		if p.pump != nil {
			p.pump.impatient = false
		}
		s.inputs = append(s.inputs, p.in)
		empty = empty && p.in.empty
	}
	if empty {
		return s.emptyInput(name)
	}
	return nil
}

func (s *Source) surveyOne(ctx context.Context, p *probe, name, settledBy *string) error {
	if p.in.empty = p.atEnd && len(bytes.TrimSpace(bytes.TrimPrefix(p.head, bom))) == 0; p.in.empty {
		return nil
	}
	found, err := s.formatOf(p)
	if err != nil {
		return err
	}
	switch {
	case s.format == nil:
		if err := s.cfg.idle(found); err != nil {
			return err.At(fault.Where{File: p.in.path})
		}
		*name, *settledBy = found, p.in.path
		s.format = s.newFormat(found)
	case found != *name:
		return fault.New(fault.InputSchema, "the file is %s, but %s is %s", found, *settledBy, *name).
			At(fault.Where{File: p.in.path})
	}
	return s.format.survey(ctx, p)
}

var bom = []byte("\xef\xbb\xbf")

func (s *Source) newFormat(name string) format {
	switch name {
	case formatJSONL:
		return &jsonFormat{src: s}
	case formatCSV:
		return &csvFormat{src: s}
	case formatTSV:
		return &csvFormat{src: s, delimiter: '\t'}
	case formatXLSX:
		return &sheetFormat{src: s}
	default:
		return &textFormat{src: s}
	}
}

func (s *Source) emptyInput(format string) error {
	what, where := "there is no record in the input", s.cfg.Path
	if len(s.inputs) == 1 {
		what, where = "there is no record in the file", s.inputs[0].path
	}
	if format == formatCSV || format == formatTSV {
		what += ", only a header"
	}
	return fault.New(fault.InputEmpty, "%s", what).At(fault.Where{File: where})
}

// endings are the formats that file names tell.
var endings = map[string]string{
	".jsonl": formatJSONL, ".ndjson": formatJSONL, ".json": formatJSONL,
	".csv": formatCSV, ".tsv": formatTSV, ".tab": formatTSV,
	".txt": formatText, ".text": formatText, ".log": formatText,
	".xlsx": formatXLSX, ".xlsm": formatXLSX, ".xls": formatXLSX, ".xlsb": formatXLSX,
}

// signatures are the first bytes of files that are not text.
var signatures = []struct{ magic, kind, fix string }{
	{zipMagic, "a zip archive or an Office document", "unpack it, or name the format with --input-format xlsx (format: in a spec)"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", "save it as .xlsx or CSV"},
	{"PAR1", "a Parquet file", "give it the ending .parquet, or use the parquet connector"},
	{"%PDF-", "a PDF document", "extract its text first"},
	{"ARROW1", "an Arrow file", convert},
	{"Obj\x01", "an Avro file", convert},
	{"SQLite format 3", "a SQLite database", convert},
	{"\xfd7zXZ", "compressed with xz", "decompress it, or compress it with gzip or zstd"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "decompress it, or compress it with gzip or zstd"},
	{"\x89PNG", "a picture", convert},
	{"\xff\xd8\xff", "a picture", convert},
}

const (
	zipMagic = "PK\x03\x04"
	convert  = "convert it to JSON lines, CSV or text"
)

// formatOf tells a file's format: what the configuration says, else the name's ending, else the content.
func (s *Source) formatOf(p *probe) (string, error) {
	name := s.cfg.Format
	if name == "" || name == formatAuto {
		name = endings[ending(p.in.path)]
	}
	if name == formatXLSX {
		return name, nil
	}
	for _, sig := range signatures {
		switch {
		case !p.beginsWith(sig.magic):
		case name == "" && sig.magic == zipMagic:
			return formatXLSX, nil
		default:
			return "", fault.New(fault.InputFormat, "the content is %s", sig.kind).At(fault.Where{File: p.in.path}).WithFix("%s", sig.fix)
		}
	}
	if name != "" {
		return name, p.usable(name, s.cfg.Encoding)
	}
	name = contentFormat(p.head, p.atEnd)
	if name != formatText {
		p.in.notes = append(p.in.notes, "by its content, "+p.in.path+" is taken for "+name+"; --input-format (format: in a spec) sets another")
	}
	return name, p.usable(name, s.cfg.Encoding)
}

// beginsWith reports whether the file's bytes, or its text, begin so.
func (p *probe) beginsWith(magic string) bool {
	return bytes.HasPrefix(p.head, []byte(magic)) || bytes.HasPrefix(p.magic, []byte(magic)) && p.in.packed == inflate.None
}

// ending returns a path's ending in lower case, below one of a compression.
func ending(path string) string {
	ext := strings.ToLower(filepath.Ext(path))
	if _, ok := packedEndings[ext]; ok {
		path = path[:len(path)-len(ext)]
		ext = strings.ToLower(filepath.Ext(path))
	}
	return ext
}

// contentFormat tells the format of a text by its head: text, unless it plainly is another.
func contentFormat(head []byte, whole bool) string {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	if len(trimmed) > 0 && (trimmed[0] == '{' || bytes.HasPrefix(trimmed, []byte("[{"))) {
		return formatJSONL
	}
	if csv.Plain(head, whole) {
		return formatCSV
	}
	return formatText
}

// usable checks what all text formats ask of a file: an encoding that is known, and lines.
func (p *probe) usable(format, encoding string) error {
	in := p.in
	where := fault.Where{File: in.path}
	if (encoding == "" || encoding == "auto") && in.guess.Encoding == nil {
		likely := in.guess.Likely
		fix := fmt.Sprintf("convert it to UTF-8, or name its encoding with --encoding %s (encoding: in a spec)", likely.Name)
		switch {
		case likely != charset.Windows1252:
			return fault.New(fault.InputEncoding, "the text is not UTF-8; it looks like %s", likely.Name).At(where).WithFix("%s", fix)
		case format == formatJSONL:
			return fault.New(fault.InputEncoding, "the text is not UTF-8; it looks like %s", likely.Name).At(where).
				WithFix("%s; with --encoding utf-8, only the records that are not are rejected", fix)
		default:
			in.notes = append(in.notes, in.path+" is not UTF-8 and is read as windows-1252; --encoding (encoding: in a spec) sets another")
		}
	}
	if !bytes.ContainsRune(p.head, '\n') {
		if cr := bytes.IndexByte(p.head, '\r'); cr >= 0 && len(bytes.TrimSpace(p.head[cr:])) > 0 {
			return fault.New(fault.InputLineEnds, "the lines end with CR alone").At(where)
		}
	}
	return nil
}
