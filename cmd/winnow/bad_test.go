package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBadInputs gives each file of testdata/bad to classify: it ends with a status that the manual has, every error has
// a code and a remedy, and what failed publishes nothing.
func TestBadInputs(t *testing.T) {
	coded := regexp.MustCompile(`^winnow: .*?\b[a-z0-9_]+\.[a-z0-9_]+: `)
	ran := 0
	err := filepath.WalkDir("../../testdata/bad", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, ".bad") || strings.Contains(path, "bad/spec/") {
			return err
		}
		ran++
		if spared(ran) {
			return nil
		}
		t.Run(path, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.jsonl")
			var stderr bytes.Buffer
			m := &Main{Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: &stderr, Signals: make(chan os.Signal, 1)}
			status := m.Run([]string{"classify", path, "--labels", "sport,finance", "-o", out, "--quiet"})
			switch {
			case status < 0 || status > 4:
				t.Errorf("status %d", status)
			case status == 0:
				return
			}
			if _, err := os.Stat(out); err == nil {
				t.Errorf("status %d, and an output", status)
			}
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, "winnow: ") {
					if !coded.MatchString(line) || i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "  ") {
						t.Errorf("without a code or a remedy:\n%s", stderr.String())
					}
				}
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran < 150 {
		t.Errorf("only %d files were found", ran)
	}
}
