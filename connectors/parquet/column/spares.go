package column

// Spares keeps pages' memory for later pages, column by column, since those of one column are about as large as each
// other: what a row group holds until it is written is then not garbage afterwards. Safe for concurrent use; nil keeps
// nothing.
type Spares []chan []byte

// sparePages is how many pages' memory is kept for a column.
const sparePages = 64

// NewSpares returns spares for a number of columns.
func NewSpares(columns int) Spares {
	s := make(Spares, columns)
	for i := range s {
		s[i] = make(chan []byte, sparePages)
	}
	return s
}

// take returns memory for n bytes of a column's page, empty.
func (s Spares) take(column, n int) []byte {
	if s != nil {
		select {
		case b := <-s[column]:
			if cap(b) >= n {
				return b[:0]
			}
		default:
		}
	}
	return make([]byte, 0, n+n/8)
}

// give takes memory back; its bytes must not be used any more.
func (s Spares) give(column int, b []byte) {
	if s == nil {
		return
	}
	select {
	case s[column] <- b:
	default:
	}
}
