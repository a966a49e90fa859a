package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// fixtures are the files that lie in a page's folder.
var fixtures = []string{"testdata/demo/tickets.parquet", "testdata/demo/labels.json", "examples/tickets.yaml", "examples/entities.yaml"}

// block is a fenced block of a page.
type block struct {
	line  int
	steps []step
}

// step is a command and what is shown of its output.
type step struct {
	command string
	output  []string
}

func blocks(page string) []block {
	var all []block
	inside := false
	for i, line := range strings.Split(page, "\n") {
		switch {
		case line == "```console run":
			inside = true
			all = append(all, block{line: i + 1})
		case !inside:
		case line == "```":
			inside = false
		default:
			all[len(all)-1].add(line)
		}
	}
	return all
}

func (b *block) add(line string) {
	n := len(b.steps)
	switch {
	case strings.HasPrefix(line, "$ "):
		b.steps = append(b.steps, step{command: line[2:]})
	case n == 0:
	case strings.HasPrefix(line, "> "):
		b.steps[n-1].command += "\n" + line[2:]
	case strings.TrimSpace(line) != "":
		b.steps[n-1].output = append(b.steps[n-1].output, line)
	}
}

// missing returns the first shown line that the output does not hold, in order.
func (s step) missing(output string) (string, bool) {
	printed := strings.Split(output, "\n")
	for _, want := range s.output {
		pattern := pattern(want)
		found := false
		for len(printed) > 0 && !found {
			found = pattern.MatchString(printed[0])
			printed = printed[1:]
		}
		if !found {
			return want, true
		}
	}
	return "", false
}

func pattern(line string) *regexp.Regexp {
	parts := strings.Split(strings.TrimSpace(line), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`^\s*` + strings.Join(parts, ".*") + `\s*$`)
}

func TestDocs(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the binary many times")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "winnow"), "./cmd/winnow")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build winnow: %v\n%s", err, out)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(pages, filepath.Join(root, "README.md")) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := blocks(string(data))
		if len(all) == 0 {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			dir := folder(t)
			for _, b := range all {
				for _, s := range b.steps {
					output := run(t, dir, bin, s.command)
					if line, ok := s.missing(output); ok {
						t.Errorf("%s:%d: $ %s\ndoes not print\n  %s\nbut\n%s", path, b.line, s.command, line, output)
					}
				}
			}
		})
	}
}

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range fixtures {
		data, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run gives a command to the shell and returns all that it prints. A status other than 0 is printed as "exit N".
func run(t *testing.T, dir, bin, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1", "COLUMNS=100", "WINNOW_HOME="+filepath.Join(dir, ".home"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s\nexit %d\n", out, cmd.ProcessState.ExitCode())
	}
	return string(out)
}

// TestLinks follows the links between pages.
func TestLinks(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}
