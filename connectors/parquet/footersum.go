package parquet

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// keyFooter is the key of the footer's checksum in the footer's own metadata. Parquet has none, and one flipped bit
// there can turn dates into numbers. It counts only where created_by says that winnow wrote the file: other writers may
// carry the key over into footers that it does not describe.
const keyFooter = "winnow.footer"

// noSum is the value while the checksum, an xxhash of the footer's bytes in hexadecimal digits, is computed.
const noSum = "0000000000000000"

// keyBytes is the key as it stands before its value: a thrift string of 16 bytes follows.
const keyBytes = keyFooter + "\x18\x10"

// setSum puts a footer's checksum into the place that holds noSum.
func setSum(footer []byte) error {
	at := bytes.LastIndex(footer, []byte(keyBytes+noSum))
	if at < 0 {
		return fmt.Errorf("a footer has no place for its checksum")
	}
	copy(footer[at+len(keyBytes):], fmt.Sprintf("%016x", xxhash.Sum64(footer)))
	return nil
}

// checkSum compares a footer with its checksum, if it has one.
func checkSum(footer []byte, createdBy string) error {
	at := bytes.LastIndex(footer, []byte(keyBytes))
	if at < 0 || !strings.HasPrefix(createdBy, "winnow ") || len(footer) < at+len(keyBytes)+len(noSum) {
		return nil
	}
	at += len(keyBytes)
	raw := bytes.Clone(footer)
	want := string(raw[at : at+len(noSum)])
	copy(raw[at:], noSum)
	if sum := fmt.Sprintf("%016x", xxhash.Sum64(raw)); sum != want {
		return page.Corrupt("its footer is damaged: its checksum is %s, and should be %s", sum, want)
	}
	return nil
}
