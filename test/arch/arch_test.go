package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/winnow-stream/winnow/"

// arrow says what the packages below a path may import of the project. The longest path that fits a package decides.
type arrow struct {
	from string
	to   []string // paths; "x/..." is x and everything below it
	why  string
}

var arrows = []arrow{
	{"pipeline/fault", nil, "coded errors are a leaf"},
	{"pipeline/fault/gen", []string{"pipeline/fault"}, "it writes the reference"},
	{"pipeline/unit", []string{"pipeline/fault"}, "durations and sizes are a leaf"},
	{"pipeline/failpoint", nil, "named points are a leaf"},
	{"pipeline/fileset", []string{"pipeline/fault", "pipeline/disk"}, "paths are looked up on a disk"},
	{"pipeline/yamldoc", nil, "a parser of others' texts is a leaf"},
	{"pipeline/disk", nil, "the file system is a leaf"},
	{
		"pipeline",
		[]string{"pipeline/fault", "pipeline/disk", "pipeline/failpoint", "pipeline/unit", "classify"},
		"the engine knows contracts: no connector, no backend, no spec",
	},
	{"pipeline/expr", []string{"pipeline", "pipeline/fault", "pipeline/unit", "classify"}, "expressions work on batches"},
	{"pipeline/spec", []string{"pipeline/...", "classify"}, "a spec names kinds; it builds none"},
	{"pipeline/span", []string{"pipeline", "pipeline/fault"}, "spans are made of what the engine tells"},
	{"pipeline/job", []string{"pipeline", "pipeline/fault", "pipeline/job/database"}, "jobs are pipelines with an owner: how one is built is the binary's"},
	{"pipeline/job/database", []string{"pipeline/fault"}, "it knows no table"},
	{"pipeline/pipelinetest", []string{"pipeline/...", "classify"}, "suites test contracts: any connector may use them"},
	{"connectors/codec", []string{"pipeline/...", "connectors/codec/..."}, "formats know no connector"},
	{"connectors/file", []string{"pipeline/...", "connectors/codec/...", "connectors/file/..."}, "connectors don't know each other"},
	{"connectors/parquet", []string{"pipeline/...", "connectors/parquet/..."}, "connectors don't know each other"},
	{"connectors/kafka", []string{"pipeline/...", "connectors/codec/...", "connectors/kafka/..."}, "connectors don't know each other"},
	{"connectors/kafka/cluster", []string{"pipeline/fault", "pipeline/unit"}, "a connection knows no records"},
	{
		"connectors/redact",
		[]string{"pipeline/...", "connectors/codec/...", "classify"},
		"it hides things from whatever sink there is, and is given what finds them",
	},
	{"connectors/commitlog", []string{"pipeline/..."}, "it wraps whatever sinks it is given"},
	{"connectors/blob", []string{"pipeline/fault", "pipeline/disk"}, "blobs know no records"},
	{"connectors/http", []string{"pipeline/...", "connectors/codec/...", "connectors/http/..."}, "connectors don't know each other"},
	{"classify", []string{"pipeline/fault", "pipeline/yamldoc"}, "the contract depends on Arrow, coded errors and a parser for label sets alone"},
	{"classify/", []string{"pipeline/fault", "classify/..."}, "backends know no engine"},
	{"classify/catalog", []string{"pipeline/fault", "pipeline/disk", "classify"}, "the catalog knows no backend, and writes through the file system of the tests"},
	{"plugins/proto", nil, "the protocol is a leaf"},
	{"plugins/internal/region", []string{"plugins/proto"}, "memory knows only what a message says of it"},
	{"plugins/internal/frame", []string{"plugins/proto", "plugins/internal/region"}, "messages know nothing of what is in their columns"},
	{"plugins/internal/wire", []string{"plugins/proto", "plugins/internal/region"}, "it knows which field of a message is large"},
	{"plugins/internal/answer", []string{"classify"}, "answers are a classifier's results as columns"},
	{"plugins/internal/delivery", []string{"pipeline"}, "what a sink is given is the engine's batches as columns"},
	{"plugins/internal/table", []string{"pipeline", "pipeline/fault"}, "it is a sink that tests write through"},
	{"plugins/sdk", []string{"pipeline", "pipeline/fault", "classify", "plugins/proto", "plugins/internal/..."}, "a plugin implements the contracts"},
	{"plugins/host", []string{"pipeline", "pipeline/disk", "pipeline/fault", "classify", "plugins/proto", "plugins/internal/..."}, "the host gives the engine what it knows already"},
	{"plugins/manifest", []string{"pipeline/fault", "pipeline/unit", "pipeline/yamldoc", "plugins/proto"}, "a manifest is read without starting anything"},
	{"plugins/store", []string{"pipeline/fault", "pipeline/disk", "plugins/host", "plugins/manifest"}, "the store keeps files"},
	{"plugins/plugintest", []string{"plugins/host", "plugins/proto"}, "it starts the test's own binary"},
	{"plugins/conform", []string{"pipeline", "classify", "plugins/host"}, "it looks at a plugin from winnow's side of the socket"},
	{"plugins/examples", []string{"classify", "pipeline", "pipeline/disk", "pipeline/fault", "plugins/sdk", "plugins/examples/..."}, "an example is what any author could write"},
	{"cmd", []string{"pipeline/...", "connectors/...", "classify/...", "plugins/...", "cmd/..."}, "the binary wires everything, but no test code"},
	{"test", []string{"pipeline/...", "connectors/...", "classify/...", "test/..."}, "nothing imports the binary"},
	{"bench", []string{"pipeline/...", "connectors/...", "classify/...", "plugins/...", "test/corpus", "test/broker"}, "nothing imports the binary"},
	{"scripts", []string{"pipeline/...", "connectors/...", "classify/..."}, "nothing imports the binary"},
}

// exempt are packages of which something does not hold, with the reason.
var exempt = map[string]string{}

// pkg is what `go list` tells of a package.
type pkg struct {
	ImportPath   string
	Name         string
	Dir          string
	Doc          string
	Imports      []string
	Deps         []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func (p *pkg) path() string { return strings.TrimPrefix(p.ImportPath, module) }

func list(t *testing.T, args ...string) []*pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Dir,Doc,Imports,Deps,TestGoFiles,XTestGoFiles"}, args...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []*pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		err := d.Decode(p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func within(path, pattern string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == tree || strings.HasPrefix(path, tree+"/")
	}
	return path == pattern
}

// arrowOf is the arrow of the longest fitting path; a path that ends in a slash stands for what is below it alone.
func arrowOf(path string) *arrow {
	var best *arrow
	for i := range arrows {
		a := &arrows[i]
		if (path == a.from || strings.HasPrefix(path, strings.TrimSuffix(a.from, "/")+"/")) &&
			(best == nil || len(a.from) > len(best.from)) {
			best = a
		}
	}
	return best
}

func TestImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		a := arrowOf(p.path())
		if a == nil {
			t.Errorf("%s: no arrow says what it may import; add one here and a room in docs/architecture.md", p.path())
			continue
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if ours && !slices.ContainsFunc(a.to, func(pattern string) bool { return within(to, pattern) }) {
				t.Errorf("%s imports %s: %s", p.path(), to, a.why)
			}
			if strings.HasSuffix(to, "test") && !strings.HasPrefix(p.path(), "test/") && !strings.HasPrefix(p.path(), "bench") {
				t.Errorf("%s imports %s outside of its tests", p.path(), to)
			}
		}
	}
}

// TestTelemetry keeps OpenTelemetry's SDK and exporters out of the library: whoever embeds it brings their own.
func TestTelemetry(t *testing.T) {
	for _, p := range list(t, "./pipeline/...", "./connectors/...", "./classify/...") {
		for _, d := range p.Deps {
			if strings.HasPrefix(d, "go.opentelemetry.io/otel/sdk") || strings.HasPrefix(d, "go.opentelemetry.io/otel/exporters") ||
				strings.HasPrefix(d, "go.opentelemetry.io/otel") && p.path() != "pipeline/span" {
				t.Errorf("%s needs %s", p.path(), d)
			}
		}
	}
}

// TestBinary keeps out of the binary what is large, or there for tests alone.
func TestBinary(t *testing.T) {
	forbidden := map[string]string{
		"runtime/cgo":                            "the binary is static",
		"github.com/apache/arrow-go/v18/parquet": "Parquet goes through parquet-go; arrow-go's adds 30 MB",
		module + "pipeline/pipelinetest":         "it is for tests",
	}
	for _, p := range list(t, "./cmd/winnow") {
		for _, d := range p.Deps {
			for bad, why := range forbidden {
				if d == bad || strings.HasPrefix(d, bad+"/") {
					t.Errorf("the binary holds %s: %s", d, why)
				}
			}
		}
	}
	// go-plugin has its helpers for tests beside the rest; nothing else may.
	for _, p := range list(t, "-deps", "./cmd/winnow") {
		if slices.Contains(p.Imports, "testing") && p.ImportPath != "github.com/hashicorp/go-plugin" {
			t.Errorf("the binary holds testing, by %s", p.ImportPath)
		}
	}
}

var example = regexp.MustCompile(`(?m)^func Example`)

// TestPackages asks each package for a comment and each library package for an example.
func TestPackages(t *testing.T) {
	for _, p := range list(t, "./...") {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.path())
		}
		if why := exempt[p.path()]; p.Name == "main" || why != "" || strings.HasPrefix(p.path(), "test/") {
			continue
		}
		found := false
		for _, f := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			found = found || example.Match(src)
		}
		if !found {
			t.Errorf("%s has no example", p.path())
		}
	}
}
