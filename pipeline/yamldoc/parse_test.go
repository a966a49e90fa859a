package yamldoc_test

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline/yamldoc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNesting refuses what would take the recursive parser minutes, and overflow its stack.
func TestNesting(t *testing.T) {
	for name, text := range map[string]string{
		"lists":   strings.Repeat("[", 1_000_000),
		"maps":    strings.Repeat("{a: ", 1_000_000),
		"dashes":  strings.Repeat("- ", 1_000_000) + "x",
		"keys":    strings.Repeat("? ", 1_000_000) + "x",
		"stairs":  stairs(3000),
		"closing": strings.Repeat("[", 3000) + strings.Repeat("]", 3000),
	} {
		documents, err := yamldoc.Parse(text)
		var e *yamldoc.Error
		if !errors.As(err, &e) || len(documents) > 0 || e.Token != nil {
			t.Errorf("%s: %d documents, %v", name, len(documents), err)
		}
	}
	if documents, err := yamldoc.Parse("# nothing\n---\na: [1]\n---\nb\n"); err != nil || len(documents) != 2 {
		t.Errorf("%d documents, %v", len(documents), err)
	}
}

// stairs is a map in a map and so on, each a column further right.
func stairs(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}
