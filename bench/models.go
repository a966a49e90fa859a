package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/linear/fasttext"
	"github.com/winnow-stream/winnow/classify/linear/fasttext/train"
)

var modelsSection = &section{
	name: "models", title: "fastText models", measure: measureModels,
	text: "Each process loads the same model of fastText (dim 100) and writes one label a line for the same file of short texts, as\n" +
		"in the first section: winnow through its Go library, by one goroutine pinned to one CPU and by two on two; fastText's C++\n" +
		"command line on one CPU. Models have words alone, or pairs of words in 2,000,000 buckets (800 MB). Then both train the\n" +
		"model of words, 25 epochs, with as many threads. Start, loading and writing count on both sides.",
}

// variant is a kind of model: arguments of fastText's command line.
type variant struct {
	name string
	args []string
}

var variants = []variant{
	{"words", []string{"-wordNgrams", "1"}},
	{"pairs", []string{"-wordNgrams", "2", "-bucket", "2000000"}},
}

// modelOf lets fastText train a model of a task's texts.
func (b *bench) modelOf(t *task, v variant) (string, error) {
	path := b.in(t.name + "-" + v.name + ".bin")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	args := []string{"supervised", "-input", b.in(t.name + ".train.txt"), "-output", strings.TrimSuffix(path, ".bin"), "-dim", "100", "-epoch", "25", "-lr", "0.5", "-thread", "2"}
	return path, say("trains fastText on "+t.name+" by "+v.name, b.peers.fastText, append(args, v.args...)...)
}

func measureModels(b *bench) ([]*contest, error) {
	texts, err := b.short()
	if err != nil {
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
		for _, v := range variants {
			p, err := b.predicting(t, v, texts)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		for threads := 1; threads <= 2; threads++ {
			p, err := b.training(t, threads)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

func (b *bench) predicting(t *task, v variant, texts string) (*contest, error) {
	model, err := b.modelOf(t, v)
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("%d labels, %s", t.count, v.name)
	one := &series{Name: "winnow, one core, " + title, Records: b.rows, cpus: "0", args: []string{b.self, "work", "predict", model, texts, "1"}}
	two := &series{Name: "winnow, two cores, " + title, Records: b.rows, cpus: "0,1", args: []string{b.self, "work", "predict", model, texts, "2"}}
	peer := &series{Name: "fastText C++, one core, " + title, Records: b.rows, cpus: "0", args: []string{b.peers.fastText, "predict", model, texts, "1"}}
	if err := b.alternate(b.runs, one, two, peer); err != nil {
		return nil, err
	}
	return &contest{Title: title, Series: []*series{one, two, peer}, Goals: []goal{
		{Text: "texts a CPU-second beside fastText, " + title, Value: peer.cpu().median / one.cpu().median, Limit: 1.5, Unit: "×"},
		{Text: "texts a second on two cores beside fastText, " + title, Value: peer.wall().median / two.wall().median, Limit: 2.8, Unit: "×"},
	}}, nil
}

func (b *bench) training(t *task, threads int) (*contest, error) {
	title, cpus, texts := fmt.Sprintf("training %d labels, %d threads", t.count, threads), "0", b.in(t.name+".train.txt")
	if threads > 1 {
		cpus = "0,1"
	}
	data, err := os.ReadFile(texts)
	if err != nil {
		return nil, err
	}
	rows := bytes.Count(data, []byte("\n"))
	ours := &series{Name: "winnow, " + title, Records: rows, cpus: cpus, args: []string{b.self, "work", "train", texts, b.result("winnow.bin"), strconv.Itoa(threads)}}
	peer := &series{Name: "fastText C++, " + title, Records: rows, cpus: cpus, args: []string{
		b.peers.fastText, "supervised", "-input", texts, "-output", b.result("fasttext"),
		"-dim", "100", "-wordNgrams", "1", "-epoch", "25", "-lr", "0.5", "-thread", strconv.Itoa(threads),
	}}
	if err := b.alternate(b.runs, ours, peer); err != nil {
		return nil, err
	}
	return &contest{Title: title, Series: []*series{ours, peer}, Goals: []goal{
		{Text: "speed beside fastText, " + title, Value: peer.wall().median / ours.wall().median, Limit: 1, Unit: "×"},
	}}, nil
}

// predict writes the label of each line to standard output, in order.
func predict(model, texts string, threads int) error {
	m, err := fasttext.Load(model)
	if err != nil {
		return err
	}
	c, err := fasttext.New(fasttext.Config{Model: m})
	if err != nil {
		return err
	}
	batches, err := load(texts)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	results := make([]classify.Results, threads)
	for start := 0; start < len(batches); start += threads {
		errs := make([]error, threads)
		now := batches[start:min(start+threads, len(batches))]
		var wg sync.WaitGroup
		for i := range now {
			wg.Go(func() { errs[i] = c.Classify(context.Background(), now[i], &results[i]) })
		}
		wg.Wait()
		for i := range now {
			if errs[i] != nil {
				return errs[i]
			}
			for _, l := range results[i].Label {
				if l >= 0 {
					out.WriteString(c.Info().Labels[l])
				}
				out.WriteByte('\n')
			}
		}
	}
	return out.Flush()
}

// trainModel trains on a file in fastText's format, one label a line, and writes the model.
func trainModel(texts, to string, threads int) error {
	var examples []train.Example
	err := eachBatch(texts, func(a *array.String) error {
		for i := range a.Len() {
			label, text, _ := strings.Cut(strings.Clone(a.Value(i)), " ")
			examples = append(examples, train.Example{Text: text, Labels: []string{label}})
		}
		return nil
	})
	if err != nil {
		return err
	}
	m, err := train.Train(context.Background(), train.Config{Epoch: 25, LR: 0.5, Threads: threads}, train.Slice(examples))
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := m.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
