package fault

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

//go:generate go run ./gen ../../docs/reference/errors.md

// Reference is docs/reference/errors.md: every registered code, sorted, with what it means and what to do.
func Reference() []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	codes := slices.Clone(All())
	slices.SortFunc(codes, func(x, y *Code) int { return strings.Compare(x.ID, y.ID) })
	for _, c := range codes {
		fix := c.Fix
		if fix == "" {
			fix = "(the message says what)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s |\n", c.ID, c.Fate, c.Exit, cell(c.Summary), cell(fix))
	}
	return b.Bytes()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

const referenceHead = `<!-- Written by go run ./pipeline/fault/gen. Do not edit. -->

# Errors

Every error that winnow shows has a code from this list. It reads

    reviews.csv:17:4: record.fields: 5 fields, the header has 4
      fix: quote fields that contain the delimiter

that is: where, the code, what happened, and what to do next. Codes are stable; match on them rather than on the text.

The fate says what happens. **row**: the record goes to the dead letters, the others go on. **transient**: it is tried
again with growing waits, within a budget; after that it ends the run. **fatal**: it ends the run; the same command goes on
once the cause is gone. The exit status is that of a command which ends with the error.

| code | fate | exit | meaning | what to do |
|---|---|---|---|---|
`
