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
// accepted, what it does not allow is refused, every answer is one that it describes, and a route that needs a key says nothing
// without one, nor to the other of two accounts. Longer runs begin with another seed each.
func TestSchemathesis(t *testing.T) {
	interpreter := python.With(t, "schemathesis-venv", "schemathesis==4.32.5")
	hooks, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	bin, dir, work := build(t), t.TempDir(), t.TempDir() // schemathesis leaves files where it works
	var keys [2]string
	for i, account := range accounts {
		keys[i] = newKey(t, bin, dir, account)
	}
	// Jobs may name who gets an e-mail; nobody takes it.
	address := start(t, bin, dir, "WINNOW_SERVE_NOTIFY_EMAIL_FROM=winnow@example.com", "WINNOW_SERVE_NOTIFY_EMAIL_SERVER=127.0.0.1:1").address
	for name, content := range map[string]string{
		"schemathesis.toml": fmt.Sprintf("[auth.wfc]\npath = \"keys.json\"\nuser = %q\npeers = [%q, %q]\n", accounts[0], accounts[0], accounts[1]),
		"keys.json":         fmt.Sprintf(`{"auth":[%s,%s]}`, withKey(accounts[0], keys[0]), withKey(accounts[1], keys[1])),
	} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"run", address + "/openapi.json", "--checks", "all", "--continue-on-failure", "--request-timeout", "60", "--max-response-time", "60", "--max-time", fmt.Sprintf("%.0f", schemathesisFor.Seconds())}
	if *schemathesisFor < 2*time.Minute {
		args = append(args, "--seed", "1")
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(interpreter), "st"), args...)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "WINNOW_URL="+address, "WINNOW_KEY="+keys[0], "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+hooks, "PYTHONDONTWRITEBYTECODE=1", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// accounts are that which schemathesis asks as, and one that is to see nothing of its.
var accounts = [2]string{"shop", "desk"}

// withKey is an account and its key, as schemathesis reads them.
func withKey(account, key string) string {
	return fmt.Sprintf(`{"name":%q,"fixedHeaders":[{"name":"Authorization","value":"Bearer %s"}]}`, account, key)
}
