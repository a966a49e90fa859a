package column

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
	"github.com/winnow-stream/winnow/connectors/parquet/schema"
)

// Fault is why a slot has no value.
type Fault struct {
	Slot  int
	Large int    // size in bytes of a value above the limit; 0: it is not UTF-8
	Raw   []byte // the value that is not UTF-8
}

// builder collects slots into Arrow buffers.
type builder struct {
	col   *schema.Column
	alloc memory.Allocator
	width int
	large int // values above this size become faults

	n, nulls int
	valid    *memory.Buffer // nil while there is no null
	data     *memory.Buffer
	used     int            // bytes of data
	offs     *memory.Buffer // of byte arrays
	average  int            // bytes a byte array had in the last batch, to reserve by
	faults   []Fault

	// keep holds on to the dictionary: slots are ids of entries.
	keep    bool
	dict    *dictionary
	ids     []int32
	entries []int32
	size    int // bytes of all slots, were they written out
	unique  int // bytes of the entries
}

func (b *builder) grow(buf **memory.Buffer, n int) []byte {
	if *buf == nil {
		*buf = memory.NewResizableBuffer(b.alloc)
	}
	if have := len((*buf).Buf()); have < n {
		(*buf).Reserve(max(n, 2*have))
	}
	return (*buf).Buf()
}

// begin readies the builder for about n slots.
func (b *builder) begin(n int) {
	if b.keep {
		return
	}
	if b.width == 0 {
		binary.LittleEndian.PutUint32(b.grow(&b.offs, 4*(n+1)), 0)
		b.grow(&b.data, min(n*(b.average+b.average/8), 4<<20))
		return
	}
	b.grow(&b.data, b.bytes(n))
}

// bytes is the size of n slots of fixed width.
func (b *builder) bytes(n int) int {
	if b.col.Conversion == schema.Bool {
		return (n + 7) / 8
	}
	return n * b.width
}

// setValid marks k slots from b.n on, without counting them.
func (b *builder) setValid(k int, valid bool) {
	if b.valid == nil {
		if valid {
			return
		}
		bits := b.grow(&b.valid, bitutil.CeilByte(b.n+k)/8)
		bitutil.SetBitsTo(bits, 0, int64(b.n), true)
	}
	bitutil.SetBitsTo(b.grow(&b.valid, bitutil.CeilByte(b.n+k)/8), int64(b.n), int64(k), valid)
}

// null appends k nulls.
func (b *builder) null(k int) {
	b.setValid(k, false)
	b.nulls += k
	switch {
	case b.keep:
		for range k {
			b.ids = append(b.ids, 0)
		}
	case b.width == 0:
		offs := arrow.Int32Traits.CastFromBytes(b.grow(&b.offs, 4*(b.n+k+1)))
		for i := b.n + 1; i <= b.n+k; i++ {
			offs[i] = int32(b.used)
		}
	case b.col.Conversion == schema.Bool:
		bitutil.SetBitsTo(b.grow(&b.data, b.bytes(b.n+k)), int64(b.n), int64(k), false)
	default:
		clear(b.grow(&b.data, b.bytes(b.n+k))[b.n*b.width : (b.n+k)*b.width])
	}
	b.n += k
}

// append appends the next k values, fewer where the bytes of the batch exceed budget after one, and returns how many.
func (b *builder) append(v *values, dict *dictionary, k, budget int) (int, error) {
	b.setValid(k, true)
	var done int
	var err error
	switch {
	case b.keep:
		done = b.appendIDs(v, k, budget)
	case b.width == 0:
		done, err = b.appendBytes(v, dict, k, budget)
	default:
		b.appendFixed(v, dict, k)
		done = k
	}
	v.left -= done
	b.n += done
	return done, err
}

func (b *builder) appendFixed(v *values, dict *dictionary, k int) {
	dst := b.grow(&b.data, b.bytes(b.n+k))
	if b.col.Conversion == schema.Bool {
		for i := range k {
			bit := v.data
			at := v.pos + i
			if v.mode == indexed {
				bit, at = dict.fixed, int(v.idx[at])
			}
			bitutil.SetBitTo(dst, b.n+i, bit[at] != 0)
		}
		v.pos += k
		return
	}
	w := b.width
	dst = dst[b.n*w : (b.n+k)*w]
	if v.mode == fixed {
		copy(dst, v.data[v.pos*w:])
	} else {
		gather(dst, dict.fixed, v.idx[v.pos:v.pos+k], w)
	}
	v.pos += k
}

func gather(dst, src []byte, idx []int32, w int) {
	switch w {
	case 4:
		d, s := arrow.Uint32Traits.CastFromBytes(dst), arrow.Uint32Traits.CastFromBytes(src)
		for i, x := range idx {
			d[i] = s[x]
		}
	case 8:
		d, s := arrow.Uint64Traits.CastFromBytes(dst), arrow.Uint64Traits.CastFromBytes(src)
		for i, x := range idx {
			d[i] = s[x]
		}
	default:
		for i, x := range idx {
			copy(dst[i*w:(i+1)*w], src[int(x)*w:])
		}
	}
}

func (b *builder) appendIDs(v *values, k, budget int) int {
	d := b.dict
	idx := v.idx[v.pos : v.pos+k]
	for i, x := range idx {
		if d.stamp[x] != d.epoch {
			if b.unique > budget {
				k = i
				break
			}
			d.stamp[x], d.local[x] = d.epoch, int32(len(b.entries))
			b.entries = append(b.entries, x)
			b.unique += int(d.offs[x+1] - d.offs[x])
		}
		b.size += int(d.offs[x+1] - d.offs[x])
		b.ids = append(b.ids, d.local[x])
	}
	v.pos += k
	return k
}

func (b *builder) appendBytes(v *values, dict *dictionary, k, budget int) (int, error) {
	offs := arrow.Int32Traits.CastFromBytes(b.grow(&b.offs, 4*(b.n+k+1)))[b.n:]
	if v.mode == plain {
		return b.appendPlain(v, offs, k, budget)
	}
	for i := range k {
		if b.used > budget {
			return i, nil
		}
		var s []byte
		if v.mode == indexed {
			s = dict.entry(v.idx[v.pos])
		} else {
			s = v.data[v.offs[v.pos]:v.offs[v.pos+1]]
		}
		v.pos++
		if len(s) > b.large {
			b.tooLarge(b.n+i, len(s))
			s = nil
		}
		copy(b.grow(&b.data, b.used+len(s))[b.used:], s)
		b.used += len(s)
		offs[i+1] = int32(b.used)
	}
	return k, nil
}

// appendPlain is appendBytes straight from a plain page: the loop that most texts go through.
func (b *builder) appendPlain(v *values, offs []int32, k, budget int) (int, error) {
	src, used := v.data, b.used
	data := b.grow(&b.data, min(used+len(src), used+k*(b.average+b.average/8)))
	done := k
	for i := range k {
		if used > budget {
			done = i
			break
		}
		if len(src) < 4 {
			return i, page.Corrupt("it holds fewer values than it says")
		}
		n := int(binary.LittleEndian.Uint32(src))
		src = src[4:]
		if n > len(src) {
			return i, page.Corrupt("a value reaches beyond its end")
		}
		s := src[:n]
		src = src[n:]
		if n > b.large {
			b.tooLarge(b.n+i, n)
			s = nil
		}
		if used+len(s) > len(data) {
			data = b.grow(&b.data, used+len(s))
		}
		used += copy(data[used:], s)
		offs[i+1] = int32(used)
	}
	v.data, b.used = src, used
	return done, nil
}

func (b *builder) tooLarge(slot, size int) {
	b.faults = append(b.faults, Fault{Slot: slot, Large: size})
}

// clearSlot makes a slot null after it was appended.
func (b *builder) clearSlot(slot int) {
	if b.valid == nil {
		bits := b.grow(&b.valid, bitutil.CeilByte(b.n)/8)
		bitutil.SetBitsTo(bits, 0, int64(b.n), true)
	}
	bits := b.valid.Buf()
	if bitutil.BitIsSet(bits, slot) {
		bitutil.ClearBit(bits, slot)
		b.nulls++
	}
}

// finish returns what was collected as an array, with the faults, and empties the builder.
func (b *builder) finish() (arrow.Array, []Fault) {
	var arr arrow.Array
	switch {
	case b.col.Conversion == schema.Null:
		arr = array.NewNull(b.n)
		b.releaseBuffers()
	case b.keep && b.worthKeeping():
		arr = b.finishDictionary()
	default:
		if b.keep {
			b.writeOut()
		}
		arr = b.finishPlain()
	}
	faults := b.faults
	b.faults = nil
	b.n, b.nulls, b.used = 0, 0, 0
	b.keep, b.ids, b.entries, b.size, b.unique = false, b.ids[:0], b.entries[:0], 0, 0
	return arr, faults
}

// worthKeeping tells whether texts repeat enough: each occurs twice or more in the mean.
func (b *builder) worthKeeping() bool {
	return 2*len(b.entries) <= b.n || b.size > 4*b.unique+(1<<20)
}

// writeOut replaces ids by their values.
func (b *builder) writeOut() {
	b.keep = false
	offs := arrow.Int32Traits.CastFromBytes(b.grow(&b.offs, 4*(b.n+1)))
	data := b.grow(&b.data, b.size)
	offs[0] = 0
	for i, id := range b.ids {
		if b.valid == nil || bitutil.BitIsSet(b.valid.Buf(), i) {
			s := b.dict.entry(b.entries[id])
			if len(s) > b.large {
				b.tooLarge(i, len(s))
				s = nil
			}
			b.used += copy(data[b.used:], s)
		}
		offs[i+1] = int32(b.used)
	}
}

func (b *builder) finishPlain() arrow.Array {
	if b.width == 0 {
		b.grow(&b.offs, 4*(b.n+1))
		if b.n == 0 {
			clear(b.offs.Buf()[:4])
		}
		b.offs.ResizeNoShrink(4 * (b.n + 1))
		b.grow(&b.data, b.used)
		b.data.ResizeNoShrink(b.used)
		if b.n > 0 {
			b.average = b.used/b.n + 1
		}
		if b.col.Type.ID() == arrow.STRING {
			b.checkUTF8()
		}
	} else {
		b.grow(&b.data, b.bytes(b.n))
		b.data.ResizeNoShrink(b.bytes(b.n))
	}
	for _, f := range b.faults {
		b.clearSlot(f.Slot)
	}
	buffers := []*memory.Buffer{b.validity(), b.data}
	if b.width == 0 {
		buffers = []*memory.Buffer{b.validity(), b.offs, b.data}
	}
	data := array.NewData(b.col.Type, b.n, buffers, nil, b.nulls, 0)
	defer data.Release()
	b.releaseBuffers()
	return array.MakeFromData(data)
}

func (b *builder) validity() *memory.Buffer {
	if b.valid != nil {
		b.valid.ResizeNoShrink((b.n + 7) / 8)
	}
	return b.valid
}

func (b *builder) releaseBuffers() {
	for _, buf := range []**memory.Buffer{&b.valid, &b.data, &b.offs} {
		if *buf != nil {
			(*buf).Release()
			*buf = nil
		}
	}
}

// checkUTF8 finds texts that are not UTF-8. They are all looked at as one first: if that is valid and no text begins
// inside of a character, each is valid.
func (b *builder) checkUTF8() {
	data := b.data.Bytes()
	offs := arrow.Int32Traits.CastFromBytes(b.offs.Buf())[:b.n+1]
	if utf8.Valid(data) {
		cut := false
		for _, o := range offs[:b.n] {
			if int(o) < len(data) && !utf8.RuneStart(data[o]) {
				cut = true
				break
			}
		}
		if !cut {
			return
		}
	}
	for i := range b.n {
		if s := data[offs[i]:offs[i+1]]; !utf8.Valid(s) {
			b.faults = append(b.faults, Fault{Slot: i, Raw: append([]byte(nil), s...)})
		}
	}
}

// finishDictionary builds the batch's own dictionary. Entries that are no text become faults of their slots.
func (b *builder) finishDictionary() arrow.Array {
	d := b.dict
	offs := arrow.Int32Traits.CastFromBytes(b.grow(&b.offs, 4*(len(b.entries)+1)))
	data := b.grow(&b.data, b.unique)
	offs[0] = 0
	var bad []bool
	for i, x := range b.entries {
		s := d.entry(x)
		if len(s) > b.large || d.bad != nil && d.bad[x] {
			if bad == nil {
				bad = make([]bool, len(b.entries))
			}
			bad[i], s = true, nil
		}
		b.used += copy(data[b.used:], s)
		offs[i+1] = int32(b.used)
	}
	b.markBad(bad)
	b.offs.ResizeNoShrink(4 * (len(b.entries) + 1))
	b.data.ResizeNoShrink(b.used)
	ids := memory.NewResizableBuffer(b.alloc)
	ids.Resize(4 * b.n)
	copy(ids.Bytes(), arrow.Int32Traits.CastToBytes(b.ids))

	values := array.NewData(b.col.Type, len(b.entries), []*memory.Buffer{nil, b.offs, b.data}, nil, 0, 0)
	defer values.Release()
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: b.col.Type}
	valid := b.validity()
	out := array.NewDataWithDictionary(typ, b.n, []*memory.Buffer{valid, ids}, b.nulls, 0, values)
	defer out.Release()
	ids.Release()
	b.releaseBuffers()
	return array.MakeFromData(out)
}

func (b *builder) markBad(bad []bool) {
	if bad == nil {
		return
	}
	for i, id := range b.ids {
		if !bad[id] || b.valid != nil && !bitutil.BitIsSet(b.valid.Buf(), i) {
			continue
		}
		f := Fault{Slot: i}
		if s := b.dict.entry(b.entries[id]); len(s) > b.large {
			f.Large = len(s)
		} else {
			f.Raw = append([]byte(nil), s...)
		}
		b.faults = append(b.faults, f)
		b.clearSlot(i)
	}
}
