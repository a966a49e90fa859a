package term

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// hostile is what a record could do to a terminal: clear it, set its title, go back and write over, turn a line around, in
// the two forms of control characters.
const hostile = "a\x1b[2Jb\x1b]0;title\x07c\rd\u009b31me\u202ef\x7fg\x00h"

// TestHarmless holds that no control character of a record gets to a terminal, and that every other byte does.
func TestHarmless(t *testing.T) {
	const want = "a [2Jb ]0;title c d 31me f g h"
	if got := clean(hostile + "\n"); got != want+" " {
		t.Errorf("clean: %q", got)
	}
	if got := cleanLines("x\t^\n" + hostile); got != "x ^\n"+want {
		t.Errorf("cleanLines: %q", got)
	}
	var b strings.Builder
	if err := Say(&b, "%s is %d", hostile+"\n", 1); err != nil || b.String() != want+"  is 1\n" {
		t.Errorf("Say: %q, %v", b.String(), err)
	}

	var out bytes.Buffer
	w := cleaning(&out)
	for _, c := range []byte(hostile + "\t日本\r\n") { // a character comes in pieces
		if n, err := w.Write([]byte{c}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if out.String() != want+"\t日本 \n" {
		t.Errorf("to a terminal: %q", out.String())
	}
}

// TestData leaves bytes alone that go elsewhere.
func TestData(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if Data(f) != f {
		t.Error("what goes into a file is changed")
	}
}
