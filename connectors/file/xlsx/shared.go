package xlsx

// sharedTexts are the texts that cells refer to by number, in blocks that never move.
type sharedTexts struct {
	blocks [][]byte
	spans  []span
}

// span is where a text lies.
type span struct{ block, from, to uint32 }

const sharedBlock = 1 << 20

// at returns a text; false where there is none of that number. The slice is valid as long as the workbook.
func (t *sharedTexts) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(t.spans) {
		return nil, false
	}
	s := t.spans[i]
	return t.blocks[s.block][s.from:s.to], true
}

func (t *sharedTexts) add(text []byte) {
	if n := len(t.blocks); n == 0 || cap(t.blocks[n-1])-len(t.blocks[n-1]) < len(text) {
		t.blocks = append(t.blocks, make([]byte, 0, max(sharedBlock, len(text))))
	}
	last := len(t.blocks) - 1
	b := t.blocks[last]
	from := len(b)
	t.blocks[last] = append(b, text...)
	t.spans = append(t.spans, span{uint32(last), uint32(from), uint32(from + len(text))})
}

// loadShared reads the part of the shared texts; there are none where it is absent.
func (w *workbook) loadShared(name string) (*sharedTexts, error) {
	texts := new(sharedTexts)
	var item []byte
	var in richText
	err := w.scan(name, maxShared, func(s *scanner, t token) (err error) {
		if t == endTag && string(s.name) == "si" {
			texts.add(unescape(item))
			item, in = item[:0], richText{}
			return nil
		}
		item, err = in.append(item, s, t)
		return err
	})
	return texts, err
}

// richText gathers the text of an <si> or <is>: its <t> elements, those of its runs too, but not of its phonetic hints.
type richText struct {
	text     bool // inside <t>
	phonetic bool // inside <rPh>
}

func (r *richText) append(dst []byte, s *scanner, t token) ([]byte, error) {
	switch {
	case t == text:
		if r.text && !r.phonetic {
			return s.appendText(dst)
		}
	case string(s.name) == "t":
		r.text = t == startTag
	case string(s.name) == "rPh":
		r.phonetic = t == startTag
	}
	return dst, nil
}

// columnOf returns the column, counted from 0, and the row of a cell's name such as B7; false where it is none.
func columnOf(ref []byte) (column int, row int64, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4 && ref[i]|0x20 >= 'a' && ref[i]|0x20 <= 'z'; i++ {
		column = column*26 + int(ref[i]|0x20-'a') + 1
	}
	if i == 0 || i == len(ref) || len(ref)-i > 7 || column > MaxColumns {
		return 0, 0, false
	}
	for _, c := range ref[i:] {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		row = row*10 + int64(c-'0')
	}
	return column - 1, row, row > 0
}

// cellName returns a cell's name; column counts from 0, row from 1.
func cellName(column int, row int64) string {
	return string(appendRef(nil, column, int(row)))
}
