package labelling

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDecoder(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       []Key
	}{
		{"runes", "aé日", []Key{'a', 'é', '日'}},
		{"controls", "\r\n\t\x7f\b\x03\x15\x0c\x01", []Key{KeyEnter, KeyEnter, KeyTab, KeyBackspace, KeyBackspace, KeyQuit, KeyClear, KeyRedraw, KeyOther}},
		{"arrows", "\x1b[A\x1b[B\x1bOA\x1b[5~\x1b[6~", []Key{KeyUp, KeyDown, KeyUp, KeyPageUp, KeyPageDown}},
		{"with modifiers", "\x1b[1;5A", []Key{KeyUp}},
		{"unknown ones", "\x1b[24~\x1bx\xff", []Key{KeyOther, KeyOther, KeyOther}},
		{"escape twice", "\x1b\x1b[A", []Key{KeyEscape, KeyUp}},
		{"what is pasted", "a\x1b[200~1\r2\x1b[A\x1b[201~b", []Key{'a', KeyOther, 'b'}},
		{"a sequence without an end", "\x1b[" + strings.Repeat("0", 37), []Key{KeyOther, '0', '0', '0', '0', '0', '0', '0'}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Decoder
			if diff := cmp.Diff(c.want, d.Feed([]byte(c.data))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var bytewise Decoder
			var keys []Key
			for i := range len(c.data) {
				keys = append(keys, bytewise.Feed([]byte{c.data[i]})...)
			}
			if diff := cmp.Diff(c.want, keys); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecoderSettles(t *testing.T) {
	var d Decoder
	if keys := d.Feed([]byte("a\x1b")); len(keys) != 1 || !d.Waiting() {
		t.Errorf("keys %v, waiting %v", keys, d.Waiting())
	}
	if diff := cmp.Diff([]Key{KeyEscape}, d.Settle()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.Feed([]byte("\x1b["))
	if diff := cmp.Diff([]Key{KeyOther}, d.Settle()); diff != "" {
		t.Errorf("half a sequence (-want +got):\n%s", diff)
	}
	if keys := d.Settle(); keys != nil || d.Waiting() {
		t.Errorf("settled twice: %v", keys)
	}
}

// TestDecoderTakesAnything feeds arbitrary bytes in arbitrary pieces: the keys don't depend on the pieces, and what waits
// stays small.
func TestDecoderTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.SampledFrom([]byte("\x1b[O~20013;5ABa\x03\xc3\xa9\xff\r"))).Draw(t, "data")
		var once, pieces Decoder
		want := once.Feed(data)
		var got []Key
		for rest := data; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			got = append(got, pieces.Feed(rest[:n])...)
			rest = rest[n:]
			if len(pieces.rest) > maxSequence+1 {
				t.Errorf("%d bytes wait", len(pieces.rest))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-at once +in pieces):\n%s", diff)
		}
	})
}
