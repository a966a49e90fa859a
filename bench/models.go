package main

import (
	"fmt"
	"strings"
)

// intents are the sets with one label a text, which means are over.
var intents = []string{"banking77", "clinc150", "hwu64", "snips", "sms_spam"}

var modelsPage = &page{
	name: "models", path: "docs/models.md", notes: "bench/notes-models.md", head: modelsHead,
	sections: []*section{
		qualitySection("banking77", "Questions to a bank, 77 labels that are close to one another."),
		qualitySection("clinc150", "Requests to an assistant, 150 labels of ten domains."),
		qualitySection("hwu64", "Requests to a home assistant, 64 labels of uneven size."),
		qualitySection("snips", "Requests to an assistant, 7 labels far from one another."),
		qualitySection("sms_spam", "Text messages, spam or not."),
		qualitySection("goemotions", "Comments with one or more of 28 emotions. A label is given from a confidence on: the head chooses it for each label,\n"+
			"label texts take 0.3, fastText's models (one-vs-all loss) 0.5. Support vector machines would take minutes: one a label."),
		predictSection,
		trainSection,
	},
}

func modelsHead(b *bench, w *strings.Builder, all map[string]*record) {
	fmt.Fprintf(w, "# Models\n\nWhich classifier, how good, how fast, and what it costs to train: each of winnow's beside fastText and scikit-learn, in the same\n"+
		"run on the same machine. Written by `make bench-models`; every run's figures are in [models.json](models.json).\n\n")
	fmt.Fprintf(w, "- Train and test splits of public sets as they stand, rows of training shuffled. `winnow train`, `winnow classify` and `winnow eval` are what a user\n"+
		"  runs; all training is by default settings, and counts choosing parameters and calibration.\n"+
		"- *A few examples* are drawn %d times from the train split; figures are means, with least and most in brackets. With them\n"+
		"  label texts and descriptions are learnt from too.\n"+
		"- fastText %s from PyPI, and its C++ command line built from the same source (%s): as it comes, with lr 0.5 and 25 epochs,\n"+
		"  and by autotune (%s of search, a tenth of the rows held out). scikit-learn %s: TF-IDF over words 1–2 and\n"+
		"  characters 2–4, linear SVC (`bench/peers/linear_svc.py`); it gives no confidence.\n"+
		"- CPU a row is user and system time of the whole process beyond that of a run with one line, which is shown by itself: median\n"+
		"  of %d runs in turn after one that does not count, least and most in brackets. It is the figure to trust; rows/s is by the\n"+
		"  clock, with as many cores as the command takes by itself: winnow all, the others one. Reading lines and writing answers\n"+
		"  count.\n", drawsOfFew, fastTextVersion, strings.Join(fastTextFlags[:2], " "), b.tune, sklearnVersion, min(b.runs, 3))
	accuracies(w, all)
	goals(w, b.page.sections, all)
}

// accuracies is the table of all backends by all sets.
func accuracies(w *strings.Builder, all map[string]*record) {
	fmt.Fprintf(w, "\n| accuracy, %% | %s | mean | goemotions, micro-F1 |\n|%s\n", strings.Join(intents, " | "), strings.Repeat("---|", len(intents)+3))
	for _, k := range backends {
		cells, sum, n := []string{k.name}, 0.0, 0
		for _, set := range intents {
			r := find(all, set, k.name)
			if r == nil {
				cells = append(cells, "–")
				continue
			}
			mean, _ := r.mean(accuracy)
			cells, sum, n = append(cells, fmt.Sprintf("%.1f", 100*mean)), sum+100*mean, n+1
		}
		mean, emotions := "–", "–"
		if n == len(intents) {
			mean = fmt.Sprintf("**%.1f**", sum/float64(n))
		}
		if r := find(all, "goemotions", k.name); r != nil {
			emotions = scored(microF1, 100, "%.1f")(r)
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", strings.Join(cells, " | "), mean, emotions)
	}
}

// find is a backend's result on a set; nil where there is none.
func find(all map[string]*record, set, name string) *result {
	if all[set] == nil {
		return nil
	}
	for _, c := range all[set].Contests {
		for _, r := range c.Results {
			if r.Name == name {
				return r
			}
		}
	}
	return nil
}
