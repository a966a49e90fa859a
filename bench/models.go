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
			"label texts take 0.3, fastText's models (one-vs-all loss) 0.5. Left out is what would take minutes or has one label a text."),
		predictSection,
		trainSection,
	},
}

func modelsHead(b *bench, w *strings.Builder, all map[string]*record) {
	fmt.Fprintf(w, "# Models\n\nWhich classifier, how good, how fast, and what it costs to train: each of winnow's beside fastText and scikit-learn, in the same\n"+
		"run on the same machine. Written by `make bench-models`; every run's figures are in [models.json](models.json).\n\n")
	fmt.Fprintf(w, "- Train and test splits of public sets as they stand, rows of training shuffled. `winnow train`, `winnow classify` and `winnow eval` are what a user\n"+
		"  runs; all training is by default settings, and counts choosing parameters and calibration.\n"+
		"- *static* and *encoder* answer by names and descriptions of labels, *static, 8 examples a label* by examples in the labels' file too. *auto*\n"+
		"  asks the encoder about what static is not sure of. *winnow train* learns from a few examples of each label with the labels' names and\n"+
		"  descriptions, or from all rows with no option. A few examples are drawn %d times from the train split, for the encoder once; figures\n"+
		"  are means, with least and most in brackets.\n"+
		"- fastText %s is its C++ command line, built from the source distribution of PyPI (%s), with lr 0.5 and 25 epochs, or by\n"+
		"  autotune (%s of search, a tenth of the rows held out). scikit-learn %s: TF-IDF over words 1–2 and characters 2–4,\n"+
		"  linear SVC (`bench/peers/linear_svc.py`); it gives no confidence. Text by text they are compared with what `winnow train` made of the\n"+
		"  same rows.\n"+
		"- CPU a row is user and system time of the whole process beyond that of a run with one line: median of %d runs in turn, least and\n"+
		"  most in brackets. It is the figure to trust; rows/s is by the clock, with as many cores as the command takes by itself: winnow\n"+
		"  all, the others one. Reading lines and writing answers count. %s lines are asked, %s where it takes the encoder or scikit-learn.\n"+
		"- *Start to label* is a new process with one line. *Line to label* is a line that comes alone to a process that has started: median of\n"+
		"  %d, and in brackets what 99 of 100 take at most.\n", drawsOfFew, fastTextVersion, strings.Join(fastTextFlags[:2], " "), b.tune,
		sklearnVersion, min(b.runs, 3), thousands(float64(b.rows/20)), thousands(float64(b.rows/500)), aloneLines)
	accuracies(w, all)
	writeGoals(w, append(qualityGoals(all), b.page.goals(all)...))
}

// accuracies is the table of all backends by all sets.
func accuracies(w *strings.Builder, all map[string]*record) {
	fmt.Fprintf(w, "\n| accuracy, %% | %s | mean | goemotions, micro-F1 |\n|%s\n", strings.Join(intents, " | "), strings.Repeat("---|", len(intents)+3))
	for _, k := range backends {
		cells := []string{k.name}
		for _, set := range intents {
			cells = append(cells, cell(find(all, set, k.name), accuracy))
		}
		mean := "–"
		if m, ok := meanAccuracy(all, k.name); ok {
			mean = fmt.Sprintf("**%.1f**", m)
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", strings.Join(cells, " | "), mean, cell(find(all, "goemotions", k.name), microF1))
	}
}

// cell is a score's mean in hundredths.
func cell(r *result, of func(*grade) *float64) string {
	if r == nil {
		return "–"
	}
	mean, ok := r.mean(of)
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.1f", 100*mean)
}

// meanAccuracy is that of a backend over the sets with one label a text, in hundredths; false where one was not measured.
func meanAccuracy(all map[string]*record, name string) (float64, bool) {
	sum := 0.0
	for _, set := range intents {
		r := find(all, set, name)
		if r == nil {
			return 0, false
		}
		mean, _ := r.mean(accuracy)
		sum += 100 * mean
	}
	return sum / float64(len(intents)), true
}

// qualityGoals are those about more than one set, and about what is trained on each.
func qualityGoals(all map[string]*record) (goals []goal) {
	full, measured := meanAccuracy(all, trainedByWinnow)
	if measured {
		goals = append(goals, goal{Text: "mean accuracy of five sets, " + trainedByWinnow, Value: full, Limit: 94.8, Unit: "%"})
	}
	for _, peer := range []struct {
		name  string
		limit float64
	}{{supportVectors, 0.7}, {tunedFastText, 0}} {
		if mean, ok := meanAccuracy(all, peer.name); ok && measured {
			goals = append(goals, goal{Text: "above that of " + peer.name, Value: full - mean, Limit: peer.limit, Unit: "points"})
		}
	}
	goals = append(goals, fewGoals(all, "winnow train, 8 examples a label", 86.3)...)
	goals = append(goals, fewGoals(all, "winnow train, 16 examples a label", 88.8)...)
	for _, set := range intents {
		if r := find(all, set, trainedByWinnow); r != nil {
			off, _ := r.mean(ece)
			goals = append(goals,
				goal{Text: "calibration error, " + trainedByWinnow + ", " + set, Value: off, Limit: 0.05, Below: true},
				goal{Text: "training, " + trainedByWinnow + ", " + set, Value: r.Train.wall().median, Limit: 60, Below: true, Unit: "s"})
		}
	}
	if r := find(all, "goemotions", trainedByWinnow); r != nil {
		micro, _ := r.mean(microF1)
		macro, _ := r.mean(macroF1)
		goals = append(goals,
			goal{Text: "micro-F1, " + trainedByWinnow + ", goemotions", Value: micro, Limit: 0.48},
			goal{Text: "macro-F1, " + trainedByWinnow + ", goemotions", Value: macro, Limit: 0.32})
	}
	return goals
}

// fewGoals are those of a backend that learns from a few examples; none unless each set was measured.
func fewGoals(all map[string]*record, name string, limit float64) []goal {
	mean, ok := meanAccuracy(all, name)
	if !ok {
		return nil
	}
	longest, off := 0.0, 0.0
	for _, set := range intents {
		r := find(all, set, name)
		e, _ := r.mean(ece)
		longest, off = max(longest, r.Train.wall().median), off+e/float64(len(intents))
	}
	return []goal{
		{Text: "mean accuracy of five sets, " + name, Value: mean, Limit: limit, Unit: "%"},
		{Text: "mean calibration error of five sets, " + name, Value: off, Limit: 0.06, Below: true},
		{Text: "longest training of five sets, " + name, Value: longest, Limit: 2, Below: true, Unit: "s"},
	}
}

// find is a backend's result on a set; nil where there is none.
func find(all map[string]*record, set, name string) *result {
	if all[set] == nil {
		return nil
	}
	for _, c := range all[set].Contests {
		if r := c.result(name); r != nil {
			return r
		}
	}
	return nil
}
