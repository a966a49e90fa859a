package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/winnow-stream/winnow/classify"
)

// recipe says what a classifier is made of: recipes/NAME.yaml.
type recipe struct {
	Name  string
	Notes string
	// Model is static, which takes the labels' texts alone, head, which learns, or fasttext, which others have trained.
	Model string
	// Weights is the hash of a fasttext model's file, which lies among the catalog's blobs.
	Weights string
	// Phrases makes the parts of a label's description, and its name, examples of it. Of a static model.
	Phrases bool
	Labels  yaml.MapSlice // descriptions by label, in their order
	Learn   []draw        // what a head learns from
	Judge   []draw        // what the classifier is judged by; empty: texts that lie there, and were not drawn from tasks

	set classify.LabelSet
}

// draw takes texts out of a task.
type draw struct {
	Task string
	// All is the label of each of the task's texts; otherwise Labels lists, by label, those of the task that mean it. Texts
	// of other labels are left out.
	All    string
	Labels map[string][]string
}

// readRecipes reads those of a folder, by name.
func readRecipes(dir string) ([]*recipe, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	all := make([]*recipe, len(paths))
	for i, path := range paths {
		if all[i], err = readRecipe(path); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return all, nil
}

func readRecipe(path string) (*recipe, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := new(recipe)
	if err := yaml.UnmarshalWithOptions(data, r, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, item := range r.Labels {
		l := classify.Label{Name: fmt.Sprint(item.Key), Description: fmt.Sprint(item.Value)}
		if r.Phrases {
			l.Examples = append(strings.Split(l.Description, ", "), l.Name)
		}
		r.set = append(r.set, l)
	}
	return r, errors.Join(r.set.Check(), r.check())
}

// check refuses draws for labels that the recipe does not have.
func (r *recipe) check() error {
	var errs []error
	names := r.set.Names()
	for _, d := range slices.Concat(r.Learn, r.Judge) {
		for label := range d.Labels {
			if !slices.Contains(names, label) {
				errs = append(errs, fmt.Errorf("%s: there is no label %q", d.Task, label))
			}
		}
		if d.All != "" && !slices.Contains(names, d.All) || (d.All == "") == (len(d.Labels) == 0) {
			errs = append(errs, fmt.Errorf("%s: all %q, labels %v", d.Task, d.All, d.Labels))
		}
	}
	return errors.Join(errs...)
}
