package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocument(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       any
	}{
		{
			"scalars", "a: 0x1F\nb: 1_000\nc: 1e3\nd: yes\ne: ~\nf: 'x'\ng: \"1\"\nh: true\ni: -2.5\nj: .5\nk: inf\nl: 1.2.3\n",
			map[string]any{"a": int64(31), "b": int64(1000), "c": 1000.0, "d": "yes", "e": nil, "f": "x", "g": "1", "h": true, "i": -2.5, "j": 0.5, "k": "inf", "l": "1.2.3"},
		},
		{
			"colons in flow", "a: [localhost:9092, http://x:1/y, a::b]\nb: {c: x:y, \"d\":e}\n",
			map[string]any{"a": []any{"localhost:9092", "http://x:1/y", "a::b"}, "b": map[string]any{"c": "x:y", "d": "e"}},
		},
		{"colons in texts", "a: 12:30\nb: 'a:b'\nc: |\n  x:y z: {q:1}\n", map[string]any{"a": "12:30", "b": "a:b", "c": "x:y z: {q:1}\n"}},
		{"line ends", "a: 1\r\nb:\r\n  - x\r\n", map[string]any{"a": int64(1), "b": []any{"x"}}},
		{"tags", "a: !!str 5\nb: !!str true\n", map[string]any{"a": "5", "b": "true"}},
		{"anchors", "a: &x [1]\nb: *x\nc: &y {p: 1, q: 2}\nd: {<<: *y, q: 3}\n", map[string]any{
			"a": []any{int64(1)}, "b": []any{int64(1)}, "c": map[string]any{"p": int64(1), "q": int64(2)}, "d": map[string]any{"p": int64(1), "q": int64(3)},
		}},
		{"explicit key", "? a\n: b\n", map[string]any{"a": "b"}},
		{"key of a number", "5: a\ntrue: b\n", map[string]any{"5": "a", "true": "b"}},
		{"comments", "# x\na: 1 # y\n# z\nb: '#'\n", map[string]any{"a": int64(1), "b": "#"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root, errs := parseDocument("x.yaml", []byte(tt.yaml))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if d := cmp.Diff(tt.want, root.tree()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDocumentLimits(t *testing.T) {
	for name, yaml := range map[string]string{
		"flow":     strings.Repeat("[", 100_000),
		"maps":     strings.Repeat("{a: ", 100_000),
		"dashes":   strings.Repeat("- ", 100_000) + "x",
		"levels":   "a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"too long": strings.Repeat("#", maxBytes+1),
	} {
		root, errs := parseDocument("x.yaml", []byte(yaml))
		if len(errs) == 0 {
			t.Errorf("%s: taken as %v", name, root)
		}
	}
}

func TestSplitPath(t *testing.T) {
	for path, want := range map[string][]string{
		"a.b.c": {"a", "b", "c"}, "route[0].to": {"route", "0", "to"}, `sinks."a.b".file`: {"sinks", "a.b", "file"}, "a[1][2]": {"a", "1", "2"},
	} {
		got, err := splitPath(path)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
	for _, path := range []string{`a."b`, ".a", `a.""`} {
		if got, err := splitPath(path); err == nil {
			t.Errorf("%s was taken: %q", path, got)
		}
	}
}

func TestByteOrderMark(t *testing.T) {
	_, err := Parse("x.yaml", []byte("\xEF\xBB\xBFsource: {file: {path: a}}\nsinks: {a: {file: {path: b}}}\n"), testKinds(), testEnv)
	if err != nil {
		t.Error(explain(err))
	}
}
