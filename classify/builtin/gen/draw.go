package main

import (
	"fmt"
	"slices"
)

// labelled is a text with the label that a recipe gives it.
type labelled struct {
	Text  string `json:"text"`
	Label string `json:"label"`
	Task  string `json:"task"` // that it was drawn from
}

// drawn are the texts of a recipe: those to learn from, and those to judge by, which are of other tasks.
type drawn struct{ learn, judge []labelled }

// from draws a recipe's texts, each once, and none to learn from that it is judged by.
func (r *recipe) from(all tasks) (*drawn, error) {
	out := new(drawn)
	seen := make(map[string]bool)
	for _, part := range []struct {
		draws []draw
		rows  *[]labelled
	}{{r.Judge, &out.judge}, {r.Learn, &out.learn}} {
		for _, d := range part.draws {
			rows, err := d.texts(all)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				if !seen[row.Text] {
					seen[row.Text] = true
					*part.rows = append(*part.rows, row)
				}
			}
		}
	}
	return out, nil
}

// texts are those of a task that have one label of the recipe, and no second one.
func (d *draw) texts(all tasks) ([]labelled, error) {
	t := all[d.Task]
	if t == nil {
		return nil, fmt.Errorf("there is no task %q", d.Task)
	}
	means := make(map[string]string)
	for label, theirs := range d.Labels {
		for _, name := range theirs {
			if !t.has(name) {
				return nil, fmt.Errorf("the task %q has no label %q", t.Name, name)
			}
			means[name] = label
		}
	}
	var rows []labelled
	for _, e := range t.Texts {
		var mine []string
		for _, name := range e.labels {
			label, ok := d.All, d.All != ""
			if !ok {
				label, ok = means[name]
			}
			if ok && !slices.Contains(mine, label) {
				mine = append(mine, label)
			}
		}
		if len(mine) == 1 {
			rows = append(rows, labelled{Text: e.text, Label: mine[0], Task: t.Name})
		}
	}
	return rows, nil
}
