package column

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Options are how a Reader makes its arrays.
type Options struct {
	Alloc memory.Allocator
	// MaxValue is the size in bytes above which a value becomes a Fault.
	MaxValue int
	// Dictionary lets texts come as dictionary<int32, utf8> where the file has them so and they repeat.
	Dictionary bool
	// Levels keeps the levels for the assembly of nested values.
	Levels bool
}

// Reader reads one column forwards. It is used by one goroutine.
type Reader struct {
	p    pages
	b    builder
	o    Options
	defs []byte
	reps []byte
	open bool // a row has begun that may go on, in a column that repeats
}

// NewReader returns a Reader of the column's chunks, in the order of their row groups.
func NewReader(src io.ReaderAt, col *schema.Column, chunks []Chunk, o Options) *Reader {
	r := &Reader{o: o}
	r.p = pages{col: col, chunks: chunks, w: window{src: src}}
	r.b = builder{col: col, alloc: o.Alloc, width: arrowWidth(col), large: o.MaxValue, average: 16}
	return r
}

// Values are what Read collected.
type Values struct {
	// Array has a slot for each entry of the column's levels that stands for one: for flat columns a slot a row. The
	// caller releases it.
	Array arrow.Array
	// Defs and Reps are the levels of all entries, where Options.Levels asks for them; Reps only of columns that
	// repeat. They are valid until the next Read.
	Defs, Reps []byte
	Faults     []Fault
}

// Skip passes over rows, page by page without looking into them where it can.
func (r *Reader) Skip(rows int64) error {
	for rows > 0 {
		if !r.p.opened && len(r.p.chunks) > 0 && rows >= r.p.chunks[0].Rows {
			rows -= r.p.chunks[0].Rows
			r.p.chunks = r.p.chunks[1:]
			continue
		}
		if r.p.pos == r.p.entries {
			left, err := r.p.next(rows)
			switch {
			case errors.Is(err, io.EOF) && left > 0:
				return r.p.fail(-1, errRows)
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			rows = left
			continue
		}
		n, err := r.skipEntries(rows)
		if err != nil {
			return err
		}
		rows -= n
	}
	if r.p.reps != nil { // up to the next row's beginning
		return r.skipRest()
	}
	return nil
}

// skipEntries passes over what is left of the page, at most to the end of as many rows.
func (r *Reader) skipEntries(rows int64) (int64, error) {
	p := &r.p
	n, k := int64(0), p.pos
	if p.reps == nil {
		k += int(min(rows, int64(p.entries-p.pos)))
		n = int64(k - p.pos)
	} else {
		for ; k < p.entries; k++ {
			if p.reps[k] == 0 {
				if n == rows {
					break
				}
				n++
			}
		}
	}
	v := k - p.pos
	if !p.all {
		v = count(p.defs[p.pos:k], p.col.MaxDef)
	}
	p.pos = k
	return n, p.fail(p.at, p.vals.skip(v))
}

func (r *Reader) skipRest() error {
	for {
		if r.p.pos < r.p.entries {
			if r.p.reps[r.p.pos] == 0 {
				return nil
			}
			if _, err := r.skipEntries(0); err != nil {
				return err
			}
			if r.p.pos < r.p.entries {
				return nil
			}
		}
		if r.p.values == 0 {
			return nil
		}
		if _, err := r.p.next(0); err != nil {
			return err
		}
	}
}

// Read appends up to n rows, and stops earlier where the bytes exceed budget, or where the file leaves the dictionary
// that the rows so far came from. It returns the number of rows, which is 0 only at the end: then err is io.EOF.
func (r *Reader) Read(n, budget int) (int, error) {
	r.defs, r.reps = r.defs[:0], r.reps[:0]
	r.open = false
	started, done := false, 0
	for done < n || r.open {
		if r.p.pos == r.p.entries {
			if r.p.values == 0 {
				r.open = false // a row ends with its row group
			}
			if done == n && !r.open || started && r.b.keep && r.p.values == 0 {
				break
			}
			if _, err := r.p.next(0); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return done, err
			}
			continue
		}
		if !started {
			r.start(n)
			started = true
		}
		want := n - done
		switch full := r.b.used > budget; {
		case !r.open && (full || r.b.keep && (r.p.vals.mode != indexed || r.b.unique > budget)):
			return done, nil
		case full:
			want = 0
		}
		m, err := r.readEntries(want, budget)
		if err != nil {
			return done, r.p.fail(r.p.at, err)
		}
		done += m
	}
	if done == 0 && n > 0 {
		return 0, io.EOF
	}
	return done, nil
}

// start chooses how to collect, at the first page of about as many rows.
func (r *Reader) start(rows int) {
	b := &r.b
	b.keep = r.o.Dictionary && r.p.vals.mode == indexed && b.col.Type.ID() == arrow.STRING
	if b.keep {
		b.dict = r.p.dict
		b.dict.begin()
		return
	}
	b.begin(rows)
}

func (r *Reader) readEntries(rows, budget int) (int, error) {
	if r.p.reps == nil {
		return r.readFlat(min(rows, r.p.entries-r.p.pos), budget)
	}
	return r.readNested(rows)
}

// readFlat reads k rows of the page, fewer where the budget ends.
func (r *Reader) readFlat(k, budget int) (int, error) {
	p, top := &r.p, r.p.col.MaxDef
	if p.all {
		m, err := r.b.append(&p.vals, p.dict, k, budget)
		r.keepLevels(m, nil)
		p.pos += m
		return m, err
	}
	done := 0
	for done < k {
		defs := p.defs[p.pos : p.pos+k-done]
		m := runOf(defs, top)
		if m > 0 {
			got, err := r.b.append(&p.vals, p.dict, m, budget)
			if err != nil {
				return done, err
			}
			r.keepLevels(got, defs)
			p.pos += got
			done += got
			if got < m {
				return done, nil
			}
			continue
		}
		m = runOfNot(defs, top)
		r.b.null(m)
		r.keepLevels(m, defs)
		p.pos += m
		done += m
	}
	return done, nil
}

// keepLevels keeps the definition levels of m entries; nil: all of them are values.
func (r *Reader) keepLevels(m int, defs []byte) {
	if !r.o.Levels {
		return
	}
	if defs != nil {
		r.defs = append(r.defs, defs[:m]...)
		return
	}
	at := len(r.defs)
	r.defs = slices.Grow(r.defs, m)[:at+m]
	fill(r.defs[at:], r.p.col.MaxDef)
}

// runOf is the length of the run of v that b begins with, runOfNot of what is not v.
func runOf(b []byte, v byte) int {
	if v == 1 {
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return i
		}
		return len(b)
	}
	for i, x := range b {
		if x != v {
			return i
		}
	}
	return len(b)
}

func runOfNot(b []byte, v byte) int {
	if i := bytes.IndexByte(b, v); i >= 0 {
		return i
	}
	return len(b)
}

// readNested reads entries of the page until the row after as many rows begins. It returns how many rows began.
func (r *Reader) readNested(rows int) (int, error) {
	p, began := &r.p, 0
	slot := p.col.SlotDef
	end := p.pos
	for ; end < p.entries; end++ {
		if p.reps[end] == 0 {
			if began == rows {
				break
			}
			began++
		}
	}
	r.open = end == p.entries
	r.reps = append(r.reps, p.reps[p.pos:end]...)
	if p.all {
		m := end - p.pos
		r.keepLevels(m, nil)
		p.pos = end
		return began, r.appendAll(m)
	}
	defs := p.defs[p.pos:end]
	r.keepLevels(len(defs), defs)
	p.pos = end
	for len(defs) > 0 {
		m := runOf(defs, p.col.MaxDef)
		if err := r.appendAll(m); err != nil {
			return began, err
		}
		defs = defs[m:]
		nulls := 0
		for m = 0; m < len(defs) && defs[m] != p.col.MaxDef; m++ {
			if defs[m] >= slot {
				nulls++
			}
		}
		if nulls > 0 {
			r.b.null(nulls)
		}
		defs = defs[m:]
	}
	return began, nil
}

// appendAll appends values of a nested column: a row is never cut.
func (r *Reader) appendAll(m int) error {
	if m == 0 {
		return nil
	}
	got, err := r.b.append(&r.p.vals, r.p.dict, m, maxBytes)
	if err == nil && got < m {
		err = &page.Unsupported{Feature: "a row of more than 1.7 GB"}
	}
	return err
}

// Take returns what Read collected.
func (r *Reader) Take() Values {
	v := Values{Defs: r.defs}
	if r.p.col.MaxRep > 0 {
		v.Reps = r.reps
	}
	v.Array, v.Faults = r.b.finish()
	return v
}

// Finish checks, after the last row, that the pages held exactly what the footer says.
func (r *Reader) Finish() error {
	if r.p.pos == r.p.entries {
		_, err := r.p.next(0)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return r.p.fail(r.p.at, page.Corrupt("it has values after the last row"))
}

// Release frees what was collected and not taken.
func (r *Reader) Release() { r.b.releaseBuffers() }
