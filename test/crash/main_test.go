package crash

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/winnow-stream/winnow/test/corpus"
)

var (
	torture = flag.Bool("torture", false, "kill runs over -rows rows, -kills times a case")
	all     = flag.Bool("all", false, "every scenario at every named point")
	rows    = flag.Int("rows", 1_000_000, "rows of a torture run")
	kills   = flag.Int("kills", 50, "kills a case of a torture run")
	seed    = flag.Uint64("seed", 1, "of the moments of the kills")
)

// root is the checkout, seen from this package.
const root = "../.."

// build is the folder of the binaries under test.
var build string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "winnow-crash-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	build = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// binary returns the path of winnow, built once.
func binary(t *testing.T) string {
	t.Helper()
	return built(t, plain)
}

// failing returns the path of a winnow that dies at the point that WINNOW_FAILPOINT names, built once.
func failing(t *testing.T) string {
	t.Helper()
	return built(t, failpoints)
}

var (
	plain      = sync.OnceValues(func() (string, error) { return compile("winnow") })
	failpoints = sync.OnceValues(func() (string, error) { return compile("winnow-failpoint", "-tags", "failpoint") })
)

func built(t *testing.T, once func() (string, error)) string {
	t.Helper()
	path, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func compile(name string, flags ...string) (string, error) {
	path := filepath.Join(build, name)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "./cmd/winnow")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build winnow: %w\n%s", err, out)
	}
	return path, nil
}

var texts = sync.OnceValues(func() (*corpus.Corpus, error) { return corpus.Open(root) })
