package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify/entity/tagger"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// What winnow train can learn.
const (
	taskLabels   = "labels"
	taskEntities = "entities"
)

// entities learns a tagger from texts in which entities are marked, saves and reports it.
func (c *trainCmd) entities(ctx context.Context, m *Main) error {
	if err := c.checkEntities(); err != nil {
		return err
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	in := newMarked(m.Stdin, c.Text, c.Label)
	screen := term.NewScreen(m.Stderr, m.color)
	var drawn time.Time
	cfg := tagger.Config{Seed: c.Seed, Workers: int(c.Parallel)}
	model, report, err := tagger.Train(ctx, cfg, in.read(c.Input, c.Limit), func(p tagger.Progress) {
		if p.Stage != "read" && !m.quiet && time.Since(drawn) >= drawEvery {
			drawn = time.Now()
			screen.Draw([]string{term.TrainingProgress(p.Stage, p.Done, p.Total)})
		}
	})
	screen.Clear()
	if ctx.Err() != nil {
		return fault.New(fault.RunInterrupted, "stopped while training; nothing was saved")
	}
	if e, ok := fault.As(err); ok && fault.Is(err, fault.TrainEntities) && e.Where.File == "" {
		err = e.At(fault.Where{File: strings.Join(c.Input, ", ")})
	}
	if err != nil {
		return err
	}
	t := &term.TaggerTraining{Report: report, Data: in.data()}
	if c.Save != "" {
		evaluation, err := json.Marshal(t.Evaluation())
		if err != nil {
			return err
		}
		d := wire.TaggerDraft(model)
		d.Evaluation = evaluation
		if t.Saved, err = c.enter(ctx, m, d, in.files); err != nil {
			return err
		}
	}
	if c.JSON {
		return m.json(t)
	}
	if m.quiet {
		return nil
	}
	return term.WriteTaggerTraining(m.Stdout, t, m.style())
}

// checkEntities refuses flags that are about labels.
func (c *trainCmd) checkEntities() error {
	return unfit("--task entities", map[string]bool{
		"--labels": c.Labels != nil, "--labels-file": c.LabelsFile != "", "--describe": len(c.Describe) > 0, "--mode": c.Mode != "",
		"--threshold": c.Threshold != nil, "--top-k": c.TopK != 0, "--abstain": c.Abstain != 0, "--balanced": c.Balanced,
		"--weight": len(c.Weight) > 0, "--budget": c.Budget != 0, "--head": c.Head != headAuto, "--autotune": c.Autotune != 0,
		"--quantize": c.Quantize, "parameters of a fastText model": c.fixed(),
	}, c.inputFlags)
}
