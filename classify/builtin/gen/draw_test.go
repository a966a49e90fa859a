package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/classify"
)

// TestRecipes reads the recipes as they are. Each has its texts to be judged by, but for those of models that others trained.
func TestRecipes(t *testing.T) {
	all, err := readRecipes("recipes")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		foreign := r.Model == "fasttext"
		if (len(r.Judge) == 0) != foreign || (r.Weights != "") != foreign || (r.Model == "head") != (len(r.Learn) > 0) {
			t.Errorf("%s: model %s with weights %q learns from %d tasks and is judged by %d", r.Name, r.Model, r.Weights, len(r.Learn), len(r.Judge))
		}
	}
}

// TestDraw draws texts of one label each, and learns from none that is judged by.
func TestDraw(t *testing.T) {
	all := make(tasks)
	for _, line := range []string{
		`{"task": "rating", "labels": [{"n": "good"}, {"n": "bad"}, {"n": "odd"}],
		  "texts": [["fine", "good"], ["awful", "bad"], ["hm", "odd"], ["both", ["good", "bad"]], ["twice", ["good", "odd"]]]}`,
		`{"task": "praise", "labels": [{"n": "warm"}, {"n": "loud"}], "texts": [["lovely", "warm"], ["fine", "loud"]]}`,
	} {
		one := new(task)
		if err := json.Unmarshal([]byte(line), one); err != nil {
			t.Fatal(err)
		}
		all[one.Name] = one
	}
	r := &recipe{
		set:   classify.LabelSet{{Name: "positive"}, {Name: "negative"}},
		Judge: []draw{{Task: "rating", Labels: map[string][]string{"positive": {"good"}, "negative": {"bad"}}}},
		Learn: []draw{{Task: "praise", All: "positive"}},
	}
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	got, err := r.from(all)
	if err != nil {
		t.Fatal(err)
	}
	want := &drawn{
		judge: []labelled{{"fine", "positive", "rating"}, {"awful", "negative", "rating"}, {"twice", "positive", "rating"}},
		learn: []labelled{{"lovely", "positive", "praise"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(drawn{})); diff != "" {
		t.Error(diff)
	}

	for _, tt := range []struct {
		d    draw
		want string
	}{
		{draw{Task: "raiting", All: "positive"}, `there is no task "raiting"`},
		{draw{Task: "rating", Labels: map[string][]string{"positive": {"great"}}}, `the task "rating" has no label "great"`},
	} {
		if _, err := tt.d.texts(all); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, not %s", err, tt.want)
		}
	}
	bad := &recipe{set: r.set, Learn: []draw{{Task: "a", Labels: map[string][]string{"neutral": {"x"}}}, {Task: "b"}}}
	if err := bad.check(); err == nil || !strings.Contains(err.Error(), `"neutral"`) || !strings.Contains(err.Error(), "b: all") {
		t.Error(err)
	}
}
