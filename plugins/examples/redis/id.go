package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An entry's id is a time in milliseconds and a number within that. As an offset it is one integer, in the same order: 2^21 entries a
// millisecond, until the year 2109.
const (
	sequenceBits = 21
	sequenceMask = 1<<sequenceBits - 1
	timeBits     = 63 - sequenceBits
)

// offsetOf is an id as an offset. Only ids that are no times, or more than Redis itself can make, have none.
func offsetOf(id string) (int64, error) {
	at, number, _ := strings.Cut(id, "-")
	if number == "" {
		number = "0"
	}
	ms, err := strconv.ParseUint(at, 10, timeBits)
	if err == nil {
		var n uint64
		if n, err = strconv.ParseUint(number, 10, sequenceBits); err == nil {
			return int64(ms<<sequenceBits | n), nil
		}
	}
	return 0, fmt.Errorf("the id %q is not a time in milliseconds before 2^%d, and a number below 2^%d", id, timeBits, sequenceBits)
}

// timeOf is the time of an offset: when Redis made the entry, if it made its id.
func timeOf(offset int64) time.Time { return time.UnixMilli(offset >> sequenceBits) }

// idOf is the id of an offset.
func idOf(offset int64) string {
	return strconv.FormatInt(offset>>sequenceBits, 10) + "-" + strconv.FormatInt(offset&sequenceMask, 10)
}
