package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// made is when versions are said to be made: not now, so that the same recipes and tasks give the same bytes.
var made = time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC)

func main() {
	tasks := flag.String("tasks", os.Getenv("WINNOW_TASKS"), "the folder of the tasks, NAME.jsonl each")
	flag.Parse()
	if *tasks == "" { // go generate ./... is for everybody, the tasks are not
		fmt.Fprintln(os.Stderr, "gen: without WINNOW_TASKS, the built-in classifiers stay as they are")
		return
	}
	if err := run(context.Background(), *tasks, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// maker makes classifiers.
type maker struct {
	catalog *catalog.Catalog
	tasks   tasks
}

// run makes every classifier, or those that are named. It works in the folder of package builtin.
func run(ctx context.Context, folder string, only []string) error {
	recipes, err := readRecipes(filepath.Join("gen", "recipes"))
	if err != nil {
		return err
	}
	m := new(maker)
	if m.tasks, err = readTasks(folder); err != nil {
		return err
	}
	if m.catalog, err = catalog.New(catalog.Config{Dir: "catalog", Now: func() time.Time { return made }}); err != nil {
		return err
	}
	for _, r := range recipes {
		if len(only) > 0 && !slices.Contains(only, r.Name) {
			continue
		}
		if err := m.make(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	return os.Remove(filepath.Join(m.catalog.Dir(), "lock"))
}

// make makes a classifier, judges it and enters it into the catalog.
func (m *maker) make(ctx context.Context, r *recipe) error {
	d, err := r.from(m.tasks)
	if err != nil {
		return err
	}
	judge := filepath.Join("testdata", r.Name+".jsonl")
	if len(r.Judge) > 0 {
		if err := writeRows(judge, d.judge); err != nil {
			return err
		}
	}
	k, draft, err := r.classifier(ctx, d.learn)
	if err != nil {
		return err
	}
	e, err := measure(ctx, k, judge)
	if err != nil {
		return err
	}
	if draft.Evaluation, err = json.Marshal(e); err != nil {
		return err
	}
	draft.Origin.Command, draft.Origin.Data = "go generate ./classify/builtin", m.tasks.files(d.learn)
	s, err := m.catalog.Save(ctx, draft)
	if err != nil {
		return err
	}
	fmt.Printf("%-16s %s  learnt from %5d texts, judged by %4d: accuracy %.3f, macro-F1 %.3f\n",
		s.Ref(), s.Hash[:19], len(d.learn), e.Rows, e.Accuracy, e.MacroF1)
	return nil
}
