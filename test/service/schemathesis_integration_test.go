//go:build integration

package service

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/test/python"
)

var schemathesisFor = flag.Duration("schemathesis", 40*time.Second, "how long schemathesis looks for what the server does and its OpenAPI document does not say")

// TestSchemathesis holds the server to its OpenAPI document, by all checks that schemathesis has: what the document allows is
// accepted, what it does not allow is refused, and every answer is one that it describes. Longer runs begin with another seed
// each.
func TestSchemathesis(t *testing.T) {
	interpreter := python.With(t, "schemathesis-venv", "schemathesis==4.32.5")
	hooks, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	address := start(t, build(t), t.TempDir()).address
	args := []string{"run", address + "/openapi.json", "--checks", "all", "--continue-on-failure", "--max-time", fmt.Sprintf("%.0f", schemathesisFor.Seconds())}
	if *schemathesisFor < 2*time.Minute {
		args = append(args, "--seed", "1")
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(interpreter), "st"), args...)
	cmd.Dir = t.TempDir() // it leaves files
	cmd.Env = append(os.Environ(), "WINNOW_URL="+address, "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+hooks, "PYTHONDONTWRITEBYTECODE=1", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
