package host

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// journal takes down what a process prints: each line goes to the log, as many a second as is bearable, and the last ones
// are kept for its obituary.
type journal struct {
	log  zerolog.Logger
	hide func(line string) string // takes secrets out

	mu     sync.Mutex
	last   []string  // guarded by mu
	second time.Time // guarded by mu: when the counted second began
	count  int       // guarded by mu: lines of this second
}

// note takes down a line.
func (j *journal) note(line string) {
	line = j.hide(line)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.last = append(j.last, line); len(j.last) > lastWords {
		j.last = j.last[1:]
	}
	if now := time.Now(); now.Sub(j.second) >= time.Second {
		if j.count > linesASecond {
			j.log.Warn().Int("lines", j.count-linesASecond).Msg("the plugin prints too much: lines left out")
		}
		j.second, j.count = now, 0
	}
	if j.count++; j.count <= linesASecond {
		j.log.Info().Str("line", line).Msg("plugin")
	}
}

// words are the last lines, as one.
func (j *journal) words() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.last, " / ")
}

// writer cuts what is printed into lines. It is for one goroutine.
func (j *journal) writer() io.Writer { return &lineWriter{j: j} }

type lineWriter struct {
	j    *journal
	line []byte
}

// Write never fails. A line beyond the limit is cut.
func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		part := p
		if i >= 0 {
			part = p[:i]
		}
		w.line = append(w.line, part[:min(len(part), maxLine-len(w.line))]...)
		if i < 0 {
			return n, nil
		}
		if line := strings.TrimSpace(strings.ToValidUTF8(string(w.line), "\uFFFD")); line != "" {
			w.j.note(line)
		}
		w.line, p = w.line[:0], p[i+1:]
	}
}
