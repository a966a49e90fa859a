package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// recover finds out whether this run had begun before, and readies state and sinks to go on from there, or from
// nothing. A run whose output was published already is reported by s.AlreadyComplete; one that died while it was
// being published is finished here.
func (p *Pipeline) recover(ctx context.Context, s *Summary) (*writer, error) {
	run, cp, err := p.loadState()
	if err != nil {
		return nil, err
	}
	w := &writer{
		p: p, breaker: breaker{rate: p.cfg.MaxErrorRate}, sinks: make(map[string]int64), tally: p.proto.empty(),
		drift: drift{window: p.cfg.DriftWindow},
	}
	resumed := run != nil
	if resumed {
		if err := p.checkRun(run); err != nil {
			return nil, err
		}
		w.restore(cp)
	} else {
		w.ledger = newLedger(p.keptSplits())
		run, cp = p.newRun()
		if err := p.state.begin(run, cp); err != nil {
			return nil, err
		}
	}
	p.runID, p.refined, p.lastReceipts = run.RunID, cp.Refined, cp.Receipts
	p.status.begin(p.cfg.Name, p.runID, resumed, p.keptSplits(), w.ledger.done, w.ledger.next)
	p.status.restored(w, cp)
	if opened, err := p.openSinks(ctx, run, cp, resumed); err != nil {
		refused := fault.Is(err, fault.OutputExists) || fault.Is(err, fault.StateMissing) || fault.Is(err, fault.OutputRows)
		if refused && !resumed && opened == 0 {
			// Nothing was begun. The state must not make what the sink refused look like the run's own next time.
			err = errors.Join(err, p.state.abandon())
		}
		return nil, err
	}
	if cp.Phase == Sealing || cp.Phase == Completed {
		s.AlreadyComplete = true
		done := *cp
		done.Phase = Completed
		return w, p.publish(ctx, cp.Receipts, func() error { return p.state.record(&done) })
	}
	return w, nil
}

// loadState opens the state folder, if there is one, and reads what it holds; Overwrite forgets that.
func (p *Pipeline) loadState() (*runState, *checkpoint, error) {
	if p.cfg.State == "" || !p.plan.layout.Replayable || p.streamer != nil {
		return nil, nil, nil
	}
	state, err := openState(p.cfg.FS, p.cfg.State)
	if err != nil {
		return nil, nil, err
	}
	p.state = state
	if p.cfg.Overwrite {
		return nil, nil, state.forget()
	}
	return state.resume()
}

// keptSplits are the splits that the state speaks of: a stream's come and go.
func (p *Pipeline) keptSplits() []*Split {
	if p.streamer != nil {
		return nil
	}
	return p.plan.Splits
}

func (p *Pipeline) newRun() (*runState, *checkpoint) {
	run := &runState{RunID: newRunID(), Identity: p.identity(), Results: p.plan.names, Resolved: p.cfg.Resolved, Overwrite: p.cfg.Overwrite}
	for _, s := range p.keptSplits() {
		run.Splits = append(run.Splits, splitState{ID: s.ID, Start: s.Start, End: s.End, Fingerprint: s.Fingerprint})
	}
	return run, &checkpoint{RunID: run.RunID, Phase: Running, Tally: p.proto.empty()}
}

func (p *Pipeline) identity() string {
	id := p.cfg.Identity + "/" + p.version
	if p.cfg.Extractor != nil {
		id += "/" + p.cfg.Extractor.About().Version
	}
	if p.cfg.Keyphraser != nil {
		id += "/" + p.cfg.Keyphraser.Version()
	}
	return id
}

// checkRun refuses state of another run, and an input that is not the one the run began with. Files that came later
// are left out; names of results are kept.
func (p *Pipeline) checkRun(run *runState) error {
	where := fault.Where{File: p.cfg.State}
	if run.Identity != p.identity() {
		return fault.New(fault.StateForeign, "it was begun with another spec, other labels or other options").At(where)
	}
	now := make(map[string]*Split, len(p.plan.Splits))
	for _, s := range p.plan.Splits {
		now[s.ID] = s
	}
	splits := make([]*Split, 0, len(run.Splits))
	for _, then := range run.Splits {
		s, ok := now[then.ID]
		switch {
		case !ok:
			return fault.New(fault.InputChanged, "%s is gone since the run began", then.ID).At(where)
		case s.Fingerprint != then.Fingerprint || s.Start != then.Start || s.End != then.End:
			return fault.New(fault.InputChanged, "it changed since the run began").At(fault.Where{File: s.File})
		}
		splits = append(splits, s)
	}
	if late := len(p.plan.Splits) - len(splits); late > 0 {
		p.plan.Notes = append(p.plan.Notes, fmt.Sprintf("%d parts of the input came after the run began and are left out", late))
	}
	p.plan.Splits = splits
	if len(run.Results) == 0 {
		return nil
	}
	p.plan.names = run.Results
	if p.cfg.Classifier != nil {
		p.plan.result = newResultColumns(p.cfg.Classifier.Info(), p.plan.result.lists, run.Results)
	}
	p.plan.schema = p.resultSchema(p.plan)
	return nil
}

// restore puts the writer where a checkpoint was taken.
func (w *writer) restore(cp *checkpoint) {
	w.ledger = newLedger(w.p.plan.Splits)
	w.ledger.done, w.ledger.counts, w.ledger.last = cp.Done, cp.Counts, cp.Last
	for id, next := range cp.Next {
		w.ledger.open[id] = next
	}
	w.epoch = cp.Epoch
	for name, n := range cp.Sinks {
		w.sinks[name] = n
	}
	if len(cp.Tally.Labels) == len(w.tally.Labels) && (cp.Tally.Gold == nil) == (w.tally.Gold == nil) {
		w.tally = cp.Tally.clone()
	}
}

// openSinks opens the sinks and returns how many of them it got open.
func (p *Pipeline) openSinks(ctx context.Context, run *runState, cp *checkpoint, resumed bool) (int, error) {
	rows := p.rowsToCome()
	for i, s := range p.outputs() {
		open := SinkOpen{
			Pipeline: p.cfg.Name, RunID: p.runID, Input: p.plan.layout, Result: p.plan.schema, Labels: p.labels(),
			Last: cp.Receipts[s.Name], Resumed: resumed,
			Sealing: cp.Phase == Sealing || cp.Phase == Completed, Durable: p.state != nil || p.streamer != nil,
			Overwrite: run.Overwrite, Stream: p.streamer != nil, Scope: p.scope(s.Name), Rows: rows, Alloc: p.cfg.Alloc,
		}
		if s.Name == deadLettersName {
			open.Input, open.Result, open.OmitEmpty, open.Rows = DeadLetterLayout, nil, true, -1
		}
		if err := p.retry(ctx, "open "+s.Name, func() error { return s.Sink.Open(ctx, open) }); err != nil {
			return i, err
		}
	}
	return len(p.outputs()), nil
}

// scope is what a sink's own offsets belong to: those of a stream go on over its runs, those of a bounded input begin anew.
func (p *Pipeline) scope(sink string) string {
	if p.streamer != nil {
		return p.cfg.Name + "/" + sink
	}
	return p.cfg.Name + "/" + sink + "/" + p.runID
}

// rowsToCome is how many rows each sink is going to get from the whole input; -1 where that isn't known.
func (p *Pipeline) rowsToCome() int64 {
	if p.cfg.Router != nil || p.streamer != nil {
		return -1
	}
	for _, s := range p.cfg.Stages {
		if d, ok := s.(Dropper); ok && d.Drops() {
			return -1
		}
	}
	var rows int64
	for _, s := range p.plan.Splits {
		n := s.Count()
		if n < 0 {
			return -1
		}
		rows += n
	}
	if p.cfg.Limit > 0 {
		rows = min(rows, p.cfg.Limit)
	}
	return rows
}

// refine runs the first pass over the input, unless the checkpoint already holds what it found.
func (p *Pipeline) refine(ctx context.Context, w *writer) error {
	refiner, ok := p.cfg.Classifier.(classify.Refiner)
	switch {
	case p.streamer != nil:
		return fault.New(fault.RefineInput, "a stream has no end, so that it can't be read twice")
	case !ok:
		return fault.New(fault.RefineInput, "the backend %s can't refine", p.cfg.Classifier.Info().Backend)
	case !p.plan.layout.Replayable:
		return fault.New(fault.RefineInput, "the input can be read only once")
	}
	var state []byte
	var err error
	if p.refined != "" {
		state, err = p.state.loadRefined(p.refined)
	} else {
		state, err = p.firstPass(ctx, w, refiner)
	}
	if err != nil {
		return err
	}
	refined, err := refiner.Refined(state)
	if err != nil {
		return err
	}
	p.cfg.Classifier, p.version = refined, refined.Info().Version
	p.plan.result = newResultColumns(refined.Info(), p.plan.result.lists, p.plan.names)
	return nil
}
