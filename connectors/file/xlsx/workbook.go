package xlsx

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// workbook is an open workbook: its sheets, shared texts and number formats.
type workbook struct {
	*archive
	sheets []sheetInfo
	shared *sharedTexts
	format *formatter
}

// sheetInfo is a sheet as the workbook lists it.
type sheetInfo struct {
	name   string
	hidden bool
	part   string // where it lies in the archive
}

// openWorkbook opens a workbook and reads what its sheets share.
func openWorkbook(fsys disk.FS, name string, opts Options) (_ *workbook, err error) {
	a, err := openArchive(fsys, name, opts.MaxInflated)
	if err != nil {
		return nil, err
	}
	w := &workbook{archive: a}
	if err := w.load(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return w, nil
}

// close closes the file. Sheets are closed before.
func (w *workbook) close() error { return errors.Join(w.format.close(), w.archive.close()) }

func (w *workbook) load() error {
	main := "xl/workbook.xml"
	roots, err := w.relations("_rels/.rels", "")
	if err != nil {
		return err
	}
	for _, r := range roots {
		if strings.HasSuffix(r.kind, "/officeDocument") {
			main = r.target
		}
	}
	dir, base := path.Split(main)
	relations, err := w.relations(dir+"_rels/"+base+".rels", dir)
	if err != nil {
		return err
	}
	date1904, err := w.loadSheets(main, relations)
	if err != nil {
		return err
	}
	shared, styles := dir+"sharedStrings.xml", dir+"styles.xml"
	for _, r := range relations {
		switch {
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			shared = r.target
		case strings.HasSuffix(r.kind, "/styles"):
			styles = r.target
		default:
			continue
		}
		if w.parts[strings.ToLower(r.target)] == nil {
			return corrupt(w.path, "the workbook refers to %s, which is missing", r.target)
		}
	}
	if w.shared, err = w.loadShared(shared); err != nil {
		return err
	}
	w.format, err = w.loadFormats(styles, date1904)
	return err
}

// relation is an entry of a .rels part.
type relation struct{ id, kind, target string }

// relations reads a .rels part; none where it is absent. Targets are relative to base.
func (w *workbook) relations(name, base string) ([]relation, error) {
	var all []relation
	err := w.scan(name, maxPart, func(s *scanner, t token) error {
		if t != startTag || string(s.name) != "Relationship" {
			return nil
		}
		r := relation{id: string(s.attr("Id")), kind: string(s.attr("Type"))}
		target, err := appendResolved(nil, s.attr("Target"))
		r.target = string(target)
		if !strings.HasPrefix(r.target, "/") {
			r.target = path.Join("/", base, r.target)
		}
		r.target = strings.TrimPrefix(r.target, "/")
		all = append(all, r)
		return err
	})
	return all, err
}

// loadSheets reads the workbook's part: the list of its sheets, and whether its days count from 1904.
func (w *workbook) loadSheets(main string, relations []relation) (date1904 bool, err error) {
	if w.parts[strings.ToLower(main)] == nil {
		return false, corrupt(w.path, "it is a zip archive, but not an .xlsx workbook: %s is missing", main)
	}
	err = w.scan(main, maxPart, func(s *scanner, t token) error {
		if t != startTag {
			return nil
		}
		switch string(s.name) {
		case "workbookPr":
			v := string(s.attr("date1904"))
			date1904 = v == "1" || v == "true"
		case "sheet":
			name, err := appendResolved(nil, s.attr("name"))
			if err != nil {
				return err
			}
			info := sheetInfo{name: string(name), hidden: s.attr("state") != nil && string(s.attr("state")) != "visible"}
			for _, r := range relations {
				if r.id == string(s.attr("id")) && strings.HasSuffix(r.kind, "/worksheet") {
					info.part = r.target
				}
			}
			if info.part != "" { // charts and macros have sheets of their own kinds
				w.sheets = append(w.sheets, info)
			}
		}
		return nil
	})
	return date1904, err
}

// scan calls f for each token of a part; never where it is absent.
func (w *workbook) scan(name string, limit int64, f func(*scanner, token) error) error {
	r, err := w.part(name, limit)
	if r == nil || err != nil {
		return err
	}
	s := newScanner(r)
	for {
		t, err := s.next()
		if err == nil {
			err = f(s, t)
		}
		if err != nil {
			if atEnd(err) {
				err = nil
			}
			return partError(errors.Join(err, r.Close()), w.path, name)
		}
	}
}

// choose picks the sheets to look at: the one of that name, or all visible ones.
func (w *workbook) choose(name string) ([]sheetInfo, error) {
	var visible []sheetInfo
	names := make([]string, 0, len(w.sheets))
	for _, s := range w.sheets {
		if name != "" && s.name == name {
			return []sheetInfo{s}, nil
		}
		names = append(names, strconv.Quote(s.name))
		if !s.hidden {
			visible = append(visible, s)
		}
	}
	switch where := (fault.Where{File: w.path}); {
	case name != "":
		list := make([]string, len(w.sheets))
		for i, s := range w.sheets {
			list[i] = s.name
		}
		fix := "use one of the sheets listed"
		if near := fault.Nearest(name, list); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, fault.New(fault.InputMissing, "there is no sheet %q; the sheets are %s", name, strings.Join(names, ", ")).At(where).WithFix("%s", fix)
	case len(visible) == 0:
		return nil, fault.New(fault.InputEmpty, "there is no visible sheet in the workbook").At(where).
			WithFix("name a sheet with --sheet (sheet: in a spec)")
	}
	return visible, nil
}
