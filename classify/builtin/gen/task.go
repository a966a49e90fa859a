package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// task is a small set of labelled texts: a line of a task file.
type task struct {
	Name   string `json:"task"`
	Labels []struct {
		Name string `json:"n"`
	} `json:"labels"`
	Texts []example `json:"texts"`

	file *catalog.DataFile // that it is a line of
}

// example is a text with its labels. In a file it is [text, label] or [text, [label, …]].
type example struct {
	text   string
	labels []string
}

func (e *example) UnmarshalJSON(data []byte) error {
	var labels json.RawMessage
	if err := json.Unmarshal(data, &[]any{&e.text, &labels}); err != nil {
		return err
	}
	if bytes.HasPrefix(labels, []byte("[")) {
		return json.Unmarshal(labels, &e.labels)
	}
	e.labels = make([]string, 1)
	return json.Unmarshal(labels, &e.labels[0])
}

// tasks are those of a folder by name. Tasks of one name are one.
type tasks map[string]*task

func readTasks(dir string) (tasks, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there are no tasks in %s", dir)
	}
	all := make(tasks)
	for _, path := range paths {
		if err := all.read(path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return all, nil
}

func (all tasks) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	file := &catalog.DataFile{Path: filepath.Base(path), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		t := &task{file: file}
		if err := json.Unmarshal(lines.Bytes(), t); err != nil {
			return err
		}
		if same := all[t.Name]; same != nil {
			same.Labels = append(same.Labels, t.Labels...)
			same.Texts = append(same.Texts, t.Texts...)
			continue
		}
		all[t.Name] = t
	}
	return lines.Err()
}

// has says whether a task has a label.
func (t *task) has(label string) bool {
	for _, l := range t.Labels {
		if l.Name == label {
			return true
		}
	}
	return false
}

// files are those that texts were drawn from, by name.
func (all tasks) files(rows []labelled) []catalog.DataFile {
	var files []catalog.DataFile
	for _, row := range rows {
		if f := *all[row.Task].file; !slices.Contains(files, f) {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b catalog.DataFile) int { return strings.Compare(a.Path, b.Path) })
	return files
}
