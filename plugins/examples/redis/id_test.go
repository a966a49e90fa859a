package main

import "testing"

// TestIDs has ids in their order, and some that have no offset.
func TestIDs(t *testing.T) {
	last := int64(-1)
	for _, id := range []string{"0-0", "0-1", "0-2097151", "1-0", "1795861043013-0", "1795861043013-2097151", "1795861043014-0", "4398046511103-2097151"} {
		offset, err := offsetOf(id)
		if err != nil || offset <= last || idOf(offset) != id {
			t.Errorf("%s is the offset %d, which is %s: %v", id, offset, idOf(offset), err)
		}
		last = offset
	}
	if offset, err := offsetOf("7"); err != nil || idOf(offset) != "7-0" {
		t.Error(offset, err)
	}
	for _, id := range []string{"", "-", "-1", "1-x", "1-2-3", "+1-1", "1- 1", "0-2097152", "4398046511104-0", "18446744073709551615-18446744073709551615"} {
		if offset, err := offsetOf(id); err == nil {
			t.Errorf("%q is the offset %d", id, offset)
		}
	}
}
