package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Versions of the peers, from PyPI.
const (
	fastTextVersion = "0.9.3"
	pyarrowVersion  = "26.0.1"
	sklearnVersion  = "1.9.1"

	grpcioVersion   = "1.85.3" // of winnow's SDK for Python
	protobufVersion = "7.36.2"
)

// Flags that fastText's command line is compiled with.
var fastTextFlags = []string{"-O3", "-march=native", "-funroll-loops", "-std=c++17", "-pthread", "-DNDEBUG", "-include", "cstdint"}

// peers are the programs that winnow is measured beside.
type peers struct {
	python   string
	fastText string
}

// setUp makes a virtual environment with fastText, pyarrow and scikit-learn, and fastText's command line from its sources.
func (b *bench) setUp() (*peers, error) {
	venv := filepath.Join(b.dir, "venv")
	p := &peers{python: filepath.Join(venv, "bin", "python"), fastText: filepath.Join(b.dir, "fasttext")}
	if _, err := os.Stat(p.python); err != nil {
		if err := say("makes a Python environment", "python3", "-m", "venv", venv); err != nil {
			return nil, err
		}
	}
	if exec.Command(p.python, "-c", "import fasttext, pyarrow, sklearn").Run() != nil {
		err := say("installs fastText, pyarrow and scikit-learn", p.python, "-m", "pip", "install", "-q", "numpy>=2",
			"fasttext=="+fastTextVersion, "pyarrow=="+pyarrowVersion, "scikit-learn=="+sklearnVersion)
		if err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(p.fastText); err == nil {
		return p, nil
	}
	src := filepath.Join(b.dir, "src")
	err := say("fetches fastText's sources", p.python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "fasttext",
		"-d", src, "fasttext=="+fastTextVersion)
	if err != nil {
		return nil, err
	}
	archive := filepath.Join(src, "fasttext-"+fastTextVersion+".tar.gz")
	if err := say("unpacks them", "tar", "-xzf", archive, "-C", src); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(src, "fasttext-"+fastTextVersion, "src", "*.cc"))
	if err != nil {
		return nil, err
	}
	return p, say("compiles them", "g++", append(append(append([]string{}, fastTextFlags...), files...), "-o", p.fastText)...)
}

// say runs a step of the preparation.
func say(what, name string, args ...string) error {
	fmt.Println(" ", what)
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", what, err, out)
	}
	return nil
}

// task is a label set and the texts that fastText's model of the same labels is trained with.
type task struct {
	name   string
	labels string // labels file
	model  string // fastText's
	count  int
}

// taskOf makes a task of a labelled set's first labels.
func (b *bench) taskOf(set string, count int) (*task, error) {
	dir := filepath.Join("..", "shared", "data", "sets", set)
	var all []json.RawMessage
	data, err := os.ReadFile(filepath.Join(dir, "labels.json"))
	if err != nil {
		return nil, fmt.Errorf("the labelled sets are needed beside the checkout: %w", err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	all = all[:min(count, len(all))]
	t := &task{name: fmt.Sprintf("%s-%d", set, len(all)), count: len(all)}
	t.labels, t.model = b.in(t.name+".labels.json"), b.in(t.name+".bin")
	if data, err = json.Marshal(all); err != nil {
		return nil, err
	}
	if err := os.WriteFile(t.labels, data, 0o644); err != nil {
		return nil, err
	}
	if _, err := os.Stat(t.model); err == nil {
		return t, nil
	}
	wanted := map[string]bool{}
	for _, raw := range all {
		var l struct{ Name string }
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, err
		}
		wanted[l.Name] = true
	}
	train := b.in(t.name + ".train.txt")
	if err := writeTraining(filepath.Join(dir, "train.jsonl"), train, wanted); err != nil {
		return nil, err
	}
	return t, say("trains fastText on "+t.name, b.peers.fastText, "supervised", "-input", train, "-output",
		strings.TrimSuffix(t.model, ".bin"), "-dim", "100", "-wordNgrams", "1", "-epoch", "25", "-lr", "0.5", "-thread", "2")
}

// writeTraining writes a labelled set as fastText wants it.
func writeTraining(from, to string, wanted map[string]bool) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var r struct{ Text, Label string }
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			out.Close()
			return err
		}
		if wanted[r.Label] {
			fmt.Fprintf(w, "__label__%s %s\n", strings.ReplaceAll(r.Label, " ", "_"), strings.ReplaceAll(r.Text, "\n", " "))
		}
	}
	if err := w.Flush(); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
