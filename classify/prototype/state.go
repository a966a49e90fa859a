package prototype

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// A refinement's state is, little endian: the magic, the length of the version and the version of the classifier that
// was refined, the dimensions, the prototypes as int16, and the xxhash64 of all that.
const stateMagic = "winnow-refined-1"

func encodeState(version string, dim int, prototypes []int16) []byte {
	le := binary.LittleEndian
	b := append([]byte(stateMagic), byte(len(version)))
	b = append(b, version...)
	b = le.AppendUint32(b, uint32(dim))
	for _, v := range prototypes {
		b = le.AppendUint16(b, uint16(v))
	}
	return le.AppendUint64(b, xxhash.Sum64(b))
}

// decodeState checks a state against the classifier that is to be refined and returns its n components.
func decodeState(b []byte, version string, dim, n int) ([]int16, error) {
	le := binary.LittleEndian
	damaged := fault.New(fault.StateDamaged, "the refined prototypes in the state are torn or were changed")
	if len(b) < len(stateMagic)+1+8 || string(b[:len(stateMagic)]) != stateMagic {
		return nil, damaged
	}
	body := b[:len(b)-8]
	if xxhash.Sum64(body) != le.Uint64(b[len(body):]) {
		return nil, damaged
	}
	body = body[len(stateMagic):]
	size := int(body[0])
	if len(body) < 1+size+4 {
		return nil, damaged
	}
	if got := string(body[1 : 1+size]); got != version {
		return nil, fault.New(fault.StateForeign, "the prototypes in the state were refined for %s, this is %s", got, version)
	}
	body = body[1+size:]
	if int(le.Uint32(body)) != dim || len(body)-4 != 2*n {
		return nil, damaged
	}
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(le.Uint16(body[4+2*i:]))
	}
	return out, nil
}
