package keyphrase

import (
	"bufio"
	"io"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// maxExclusion bounds a line of an exclusion file, in bytes.
const maxExclusion = 64 << 10

// ReadExclusions reads words and phrases for Config.Exclude, one on each line. Blank lines and those that begin with #
// are left out, and white space around a phrase is.
func ReadExclusions(r io.Reader) ([]string, error) {
	var all []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxExclusion)
	n := int64(0)
	for lines.Scan() {
		n++
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fault.New(fault.ConfigField, "the list of excluded words can't be read: %w", err).
			At(fault.Where{Line: n + 1}).WithFix("write one word or phrase on each line")
	}
	return all, nil
}

// exclusions are the folds of phrases, as English and as any other language. Stop words in a phrase count, since the
// phrase would not match otherwise.
func exclusions(phrases []string) map[uint64]bool {
	set := make(map[uint64]bool, 2*len(phrases))
	var f folder
	for _, p := range phrases {
		p = strings.NewReplacer("-", " ", "_", " ").Replace(p)
		for _, english := range []bool{true, false} {
			var all phrase
			s := scanner{text: p}
			for s.next() {
				word := p[s.start:s.end]
				f.read(word)
				all = all.add(f.phrase(word, english))
			}
			if all.parts > 0 {
				set[all.fold] = true
			}
		}
	}
	return set
}
