package fileset_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/fileset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestExpand(t *testing.T) {
	t.Chdir(t.TempDir())
	files := make(fstest.MapFS)
	for _, name := range []string{
		"a.csv", "b/one.csv", "b/two.csv", "b/c/three.csv", "b/c/x.txt", "b/.hidden.csv", "b/_done", "b/.git/config.csv", "odd[1].csv", "reviews.csv",
	} {
		files[name] = new(fstest.MapFile)
	}
	if err := os.CopyFS(".", files); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want []string
		err  string
	}{
		{"a.csv", []string{"a.csv"}, ""},
		{"b", []string{"b/c/three.csv", "b/c/x.txt", "b/one.csv", "b/two.csv"}, ""},
		{"b/*.csv", []string{"b/one.csv", "b/two.csv"}, ""},
		{"b/*/*.csv", []string{"b/c/three.csv"}, ""},
		{"**/*.csv", []string{"a.csv", "b/c/three.csv", "b/one.csv", "b/two.csv", "odd[1].csv", "reviews.csv"}, ""},
		{"b/**", []string{"b/c/three.csv", "b/c/x.txt", "b/one.csv", "b/two.csv"}, ""},
		{"b/.*.csv", []string{"b/.hidden.csv"}, ""},
		{"./b/../b/t?o.csv", []string{"b/two.csv"}, ""},
		{"odd[1].csv", []string{"odd[1].csv"}, ""},
		{"[ab].csv", []string{"a.csv"}, ""},
		{"*.json", nil, "*.json: input.missing: no file matches the pattern"},
		{"none/*.json", nil, "none/*.json: input.missing: no file matches the pattern"},
		{"[a.csv", nil, "[a.csv: input.missing: the pattern is malformed: syntax error in pattern"},
		{"review.csv", nil, "review.csv: input.missing: there is no such file or folder"},
		{"b/.git", []string{"b/.git/config.csv"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			got, err := fileset.Expand(disk.OS{}, tt.path)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			if got := text(err); got != tt.err {
				t.Errorf("error %q", got)
			}
		})
	}
	_, err := fileset.Expand(disk.OS{}, "review.csv")
	if e, _ := fault.As(err); e == nil || !strings.Contains(e.Remedy(), "did you mean reviews.csv?") {
		t.Errorf("the remedy does not name the nearest file: %v", err)
	}
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := fileset.Expand(disk.OS{}, "empty"); text(err) != "empty: input.missing: the folder holds no file" {
		t.Error(err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
