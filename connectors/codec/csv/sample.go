package csv

import "bytes"

// delimiters are those that are detected, the likeliest first.
const delimiters = ",;\t|"

// sampleRecords is how many records detection looks at.
const sampleRecords = 100

// guess returns the delimiter that splits the sample into the most even rows of more than one field, and the share of
// rows that have as many fields as the first; 0 where none does.
func guess(head []byte, whole bool) (best byte, share float64) {
	fields := 1
	for i := range len(delimiters) {
		rows, _, _ := sample(head, whole, delimiters[i])
		rows = rows[headerRow(rows):]
		if len(rows) == 0 || len(rows[0]) < 2 {
			continue
		}
		even := 0
		for _, r := range rows {
			if len(r) == len(rows[0]) {
				even++
			}
		}
		s := float64(even) / float64(len(rows))
		if s > share+0.1 || (s > share-0.1 && len(rows[0]) > fields) {
			best, share, fields = delimiters[i], s, len(rows[0])
		}
	}
	if share < 0.5 {
		return 0, 0
	}
	return best, share
}

// sample splits the first records of a text into fields. Ends[i] is where record i ends, its line end included. Open
// is the line, counted from 1, on which a quote opens that does not close in the text; else 0.
func sample(text []byte, whole bool, delimiter byte) (rows [][][]byte, ends []int, open int64) {
	cut, at, lines := NewCutter(delimiter), 0, int64(0)
	for at < len(text) && len(rows) < sampleRecords {
		cut.Reset()
		n := cut.Cut(text[at:])
		if n < 0 {
			if cut.Open(text[at:]) {
				return rows, ends, lines + cut.Opened() + 1
			}
			if !whole {
				return rows, ends, 0
			}
			n = len(text) - at
		}
		lines += cut.Lines() + 1
		if skipBlank(text[at:at+n]) < n {
			rows = append(rows, fieldsOf(text[at:at+n], delimiter))
			ends = append(ends, at+n)
		}
		at += n
	}
	return rows, ends, 0
}

// fieldsOf returns the fields of a record. Those after a mistake in its quotes come as one.
func fieldsOf(rec []byte, delimiter byte) [][]byte {
	to := trim(rec, 0, len(rec))
	n := bytes.Count(rec, []byte{delimiter}) + 1
	slots, spans := make([]int32, n), make([]span, n)
	for i := range slots {
		slots[i] = int32(i)
	}
	fields, bad, at := splitQuoted(rec, 0, to, delimiter, slots, spans, 1)
	var out [][]byte
	for _, s := range spans[:fields] {
		v := rec[s.from:s.to]
		if s.doubled {
			v = bytes.ReplaceAll(v, []byte(`""`), []byte(`"`))
		}
		out = append(out, v)
	}
	if bad != sound {
		out = append(out, rec[min(at, to):to])
	}
	return out
}

// skipBlank returns the length of the blank lines that text begins with.
func skipBlank(text []byte) int {
	n := 0
	for i, c := range text {
		switch c {
		case '\n':
			n = i + 1
		case '\r':
			if i+1 == len(text) {
				return len(text)
			}
		default:
			return n
		}
	}
	return n
}
