package frame

import (
	"encoding/binary"
	"errors"
	"fmt"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Places in the tables of Arrow's Message.fbs and Schema.fbs.
const (
	messageKind     = 6
	messageHeader   = 8
	messageBody     = 10
	messageMetadata = 12
	schemaFields    = 6
	schemaMetadata  = 8
	fieldChildren   = 14
	fieldMetadata   = 16
	kindSchema      = 1
	continuation    = 0xffffffff
	maxFields       = 10_000
	maxFieldNesting = 8
)

// claims checks that the messages of an IPC stream are as long as they say, and that schemas have no more fields than fit into
// them. Arrow's reader allocates what is claimed before it looks.
func claims(stream []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("its metadata points outside of itself")
		}
	}()
	for {
		message, _, rest, err := cut(stream)
		if err != nil || message == nil {
			return err
		}
		left := maxFields
		table := root(message)
		if _, _, err := vector(table, messageMetadata, &left); err != nil {
			return err
		}
		if o := table.Offset(messageHeader); o != 0 && table.GetByteSlot(messageKind, 0) == kindSchema {
			var schema flatbuffers.Table
			table.Union(&schema, flatbuffers.UOffsetT(o))
			if err := tables(&schema, schemaFields, schemaMetadata, maxFieldNesting, &left); err != nil {
				return err
			}
		}
		stream = rest
	}
}

// cut takes the first message off a stream: its metadata, nil at the end, and its body.
func cut(stream []byte) (meta, body, rest []byte, err error) {
	if len(stream) < 4 {
		return nil, nil, stream, nil
	}
	head := 4
	size := binary.LittleEndian.Uint32(stream)
	if size == continuation && len(stream) >= 8 {
		head, size = 8, binary.LittleEndian.Uint32(stream[4:])
	}
	stream = stream[head:]
	if size == 0 {
		return nil, nil, stream, nil
	}
	if int64(size) > int64(len(stream)) {
		return nil, nil, nil, fmt.Errorf("it claims %d bytes of metadata, and has %d left", size, len(stream))
	}
	meta, stream = stream[:size], stream[size:]
	long := root(meta).GetInt64Slot(messageBody, 0)
	if long < 0 || long > int64(len(stream)) {
		return nil, nil, nil, fmt.Errorf("it claims a body of %d bytes, and has %d left", long, len(stream))
	}
	return meta, stream[:long], stream[long:], nil
}

func root(meta []byte) *flatbuffers.Table {
	return &flatbuffers.Table{Bytes: meta, Pos: flatbuffers.GetUOffsetT(meta)}
}

// tables checks the lists of a schema or a field: its fields, theirs in turn, and its metadata. It counts them down from left.
func tables(of *flatbuffers.Table, fields, metadata flatbuffers.VOffsetT, depth int, left *int) error {
	if _, _, err := vector(of, metadata, left); err != nil {
		return err
	}
	first, n, err := vector(of, fields, left)
	if err != nil {
		return err
	}
	if n > 0 && depth == 0 {
		return errors.New("its fields are nested too deeply")
	}
	for i := range flatbuffers.UOffsetT(n) {
		child := &flatbuffers.Table{Bytes: of.Bytes, Pos: of.Indirect(first + i*flatbuffers.SizeUOffsetT)}
		if err := tables(child, fieldChildren, fieldMetadata, depth-1, left); err != nil {
			return err
		}
	}
	return nil
}

// vector is where a list of tables begins, and how many it has.
func vector(of *flatbuffers.Table, slot flatbuffers.VOffsetT, left *int) (first flatbuffers.UOffsetT, n int, err error) {
	o := flatbuffers.UOffsetT(of.Offset(slot))
	if o == 0 {
		return 0, 0, nil
	}
	n = of.VectorLen(o)
	if *left -= n; n < 0 || *left < 0 {
		return 0, 0, fmt.Errorf("it claims more than %d fields", maxFields)
	}
	return of.Vector(o), n, nil
}
