package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

var predictSection = &section{
	name: "predict", title: "Answering by the same fastText model", measure: measurePredict,
	text: "Each process loads the same model of fastText (dim 100) and writes one label a line for the same file of short texts:\n" +
		"winnow through its Go library, by one goroutine pinned to one CPU and by two on two; fastText's C++ command line on one\n" +
		"CPU, and its PyPI package by one call for 8,192 lines. Models have words alone, or pairs of words in 2,000,000 buckets\n" +
		"(800 MB). Starting and loading the model is the time of one line; the other figures are what each further row takes, and are\n" +
		"left out where loading varies by more than a million rows take. The comparisons at the top are of whole runs over a million.",
}

var trainSection = &section{
	name: "train", title: "Training the same fastText model", measure: measureTrain,
	text: "The same configuration with as many threads, three seeds: lr 0.5, 10 epochs, dim 100, and what the title says. Reading the\n" +
		"rows and writing the model count.",
}

// variant is a kind of model: arguments of fastText's command line.
type variant struct {
	name string
	args []string
}

// predicted are the models that are asked.
var predicted = []variant{{"words", nil}, {"pairs of words", []string{"-wordNgrams", "2", "-bucket", "2000000"}}}

func measurePredict(b *bench) ([]*contest, error) {
	n := b.rows // as many as make what 800 MB take to load small beside them
	texts, err := b.input(fmt.Sprintf("short-%d.txt", n), func(path string) error { return b.corpus.WriteText(path, n) })
	if err != nil {
		return nil, err
	}
	one := b.in("one.txt")
	if err := writeLines(one, 1, b.corpus.Short); err != nil {
		return nil, err
	}
	var all []*contest
	for _, c := range []struct {
		set    string
		labels int
	}{{"snips", 4}, {"banking77", 77}} {
		t, err := b.taskOf(c.set, c.labels)
		if err != nil {
			return nil, err
		}
		for _, v := range predicted {
			model, err := b.modelOf(t, v)
			if err != nil {
				return nil, err
			}
			c, err := b.predicting(fmt.Sprintf("%d labels, %s", t.count, v.name), model, one, texts, n)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// modelOf lets fastText train a model of a task's texts.
func (b *bench) modelOf(t *task, v variant) (string, error) {
	path := b.in(t.name + "-" + strings.ReplaceAll(v.name, " ", "-") + ".bin")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	args := []string{"supervised", "-input", b.in(t.name + ".train.txt"), "-output", strings.TrimSuffix(path, ".bin"), "-dim", "100", "-epoch", "25", "-lr", "0.5", "-thread", "2"}
	return path, say("trains fastText on "+t.name+" by "+v.name, b.peers.fastText, append(args, v.args...)...)
}

// predicting lets everyone answer by a model.
func (b *bench) predicting(title, model, one, texts string, rows int) (*contest, error) {
	c := &contest{Title: title}
	var timed []*series
	add := func(name, cpus string, command func(lines string) []string) *result {
		r := &result{
			Name:    name,
			Start:   &series{Name: name + ", one line", Records: 1, cpus: cpus, args: command(one)},
			Predict: &series{Name: name + ", " + title, Records: rows, cpus: cpus, args: command(texts)},
		}
		c.Results, timed = append(c.Results, r), append(timed, r.Start, r.Predict)
		return r
	}
	winnow := func(threads string) func(string) []string {
		return func(lines string) []string { return []string{b.self, "work", "predict", model, lines, threads} }
	}
	ours := add("winnow, one core", "0", winnow("1"))
	both := add("winnow, two cores", "0,1", winnow("2"))
	tool := add("fastText C++, one core", "0", func(lines string) []string { return []string{b.peers.fastText, "predict", model, lines, "1"} })
	pypi := add("fastText PyPI, one core", "0", func(lines string) []string {
		return []string{b.peers.python, "bench/peers/fasttext_predict.py", model, lines}
	})
	if err := b.alternate(min(b.runs, 3), timed...); err != nil {
		return nil, err
	}
	// Of whole runs: loading 800 MB takes longer at times for one line than for a million.
	cpu := min(tool.Predict.cpu().median, pypi.Predict.cpu().median)
	wall := min(tool.Predict.wall().median, pypi.Predict.wall().median)
	c.Goals = []goal{
		{Text: "rows a CPU-second beside the faster fastText, loading included, " + title, Value: cpu / ours.Predict.cpu().median, Limit: 1.5, Unit: "×"},
		{Text: "rows a second on two cores beside the faster fastText, loading included, " + title, Value: wall / both.Predict.wall().median, Limit: 2.8, Unit: "×"},
	}
	return c, nil
}

// trainings are the configurations that both train, and the sets they do so on.
var trainings = []struct {
	variant
	threads int
	sets    []string
}{
	{variant{"words, two threads", nil}, 2, intents},
	{variant{"words, one thread", nil}, 1, []string{"banking77"}},
	{variant{"words, hierarchical softmax, two threads", []string{"-loss", "hs"}}, 2, []string{"banking77", "snips"}},
	{variant{"pairs of words, two threads", []string{"-wordNgrams", "2", "-bucket", "100000"}}, 2, []string{"banking77", "snips"}},
	{variant{"words and 3 to 6 of their characters, two threads", []string{"-minn", "3", "-maxn", "6", "-bucket", "100000"}}, 2, []string{"banking77", "snips"}},
}

func measureTrain(b *bench) ([]*contest, error) {
	var all []*contest
	for _, v := range trainings {
		c := &contest{Title: v.name}
		var gain, worst, ours, theirs float64
		for _, set := range v.sets {
			pair, err := b.trainBoth(set, v.variant, v.threads)
			if err != nil {
				return nil, err
			}
			c.Results = append(c.Results, pair[:]...)
			own, _ := pair[0].mean(accuracy)
			peer, _ := pair[1].mean(accuracy)
			gain += 100 * (own - peer) / float64(len(v.sets))
			worst = min(worst, 100*(own-peer))
			ours, theirs = ours+pair[0].Train.wall().median, theirs+pair[1].Train.wall().median
		}
		c.Goals = []goal{{Text: "speed beside fastText, " + v.name, Value: theirs / ours, Limit: 1, Unit: "×"}}
		if len(v.sets) == len(intents) {
			c.Goals = append(c.Goals,
				goal{Text: "mean accuracy above fastText's, " + v.name, Value: gain, Limit: -0.3, Unit: "points"},
				goal{Text: "the same on the worst set, " + v.name, Value: worst, Limit: -1, Unit: "points"})
		}
		all = append(all, c)
	}
	return all, nil
}

// trainBoth trains a configuration on a set by winnow and by fastText, in turn, by three seeds.
func (b *bench) trainBoth(set string, v variant, threads int) (pair [2]*result, err error) {
	x, err := b.exam(set)
	if err != nil {
		return pair, err
	}
	cpus := "0,1"
	if threads == 1 {
		cpus = "0"
	}
	t, err := b.draw(x, set+"-alike", every, 0)
	if err != nil {
		return pair, err
	}
	pair[0], pair[1] = &result{Name: set + ", winnow"}, &result{Name: set + ", fastText C++"}
	for seed := range 3 {
		args := append([]string{"-lr", "0.5", "-epoch", "10", "-thread", strconv.Itoa(threads), "-seed", strconv.Itoa(seed)}, v.args...)
		theirs := &backend{name: "fastText C++", each: every, peer: fastText, train: fastTextTrain(args...)}
		for i, k := range []*backend{goFastText("winnow", args...), theirs} {
			if err := b.train(k, t, cpus, pair[i]); err != nil {
				return pair, err
			}
		}
	}
	return pair, nil
}
