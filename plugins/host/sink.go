package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/delivery"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// SinkConfig is a plugin as a sink.
type SinkConfig struct {
	Program Program
	// Config is one JSON object.
	Config []byte
	// StartTimeout is how long the plugin may take to its handshake, and again to take its configuration; CallTimeout how long
	// a call may take before it counts as hanging. 0: 10 s and 60 s.
	StartTimeout, CallTimeout time.Duration
}

// Sink is a sink in a process. A process that ends is started again, and opened with the last receipt that was committed. What
// it had taken since then is lost with it, where it takes part in the commit: an EpochError says so, and the engine goes back.
type Sink struct {
	cfg   SinkConfig
	super supervisor
	about *proto.ConfigureSinkResponse // of the first process, and the same ever after

	// Set by Open.
	schema  *arrow.Schema // of the batches
	results int           // so many of their last columns are results
	alloc   memory.Allocator

	stages stages

	// Of the engine's calls, which come one at a time, Encode excepted.
	request *proto.OpenSinkRequest // what a process is opened with; nil before Open
	writes  *writes                // of the epoch; nil where none are open
	spans   []*pipeline.Span
	holds   bool // it took records that are not prepared: they are lost with the process, and until Abort
}

var (
	_ pipeline.Sink      = (*Sink)(nil)
	_ pipeline.Encoder   = (*Sink)(nil)
	_ pipeline.Sealer    = (*Sink)(nil)
	_ pipeline.SpanSink  = (*Sink)(nil)
	_ pipeline.Describer = (*Sink)(nil)
	_ pipeline.Guarantor = (*Sink)(nil)

	_ pipeline.StreamGuarantor = (*Sink)(nil)
)

// Sink starts a plugin as a sink, and asks it what it can do. It writes nothing before Open.
func (h *Host) Sink(ctx context.Context, cfg SinkConfig) (*Sink, error) {
	setTimeouts(&cfg.StartTimeout, &cfg.CallTimeout)
	s := &Sink{cfg: cfg}
	s.super.watches(&s.cfg.Program, proto.Kind_KIND_SINK, s.ready, cfg.StartTimeout, cfg.CallTimeout, h.log)
	if _, err := s.super.process(ctx, false); err != nil {
		return nil, err
	}
	h.own(&s.super, s.super.close)
	return s, nil
}

// Describe names the plugin, and says what it takes part in.
func (s *Sink) Describe() string {
	how := "writes at once"
	switch {
	case s.about.GetResumes():
		how = "commits offsets with records"
	case s.about.GetTwoPhase():
		how = "prepares and commits"
	}
	return "plugin " + s.cfg.Program.Name + " " + s.cfg.Program.Version + " (" + how + ")"
}

// Resumes tells whether the plugin keeps how far it has each split: then it is to be used as a Resumer.
func (s *Sink) Resumes() bool { return s.about.GetResumes() }

// Seals tells whether the plugin wants to be told that all is committed.
func (s *Sink) Seals() bool { return s.about.GetSeals() }

// Guarantee is what the plugin says of itself.
func (s *Sink) Guarantee() (pipeline.Guarantee, string) {
	if s.about.GetTwoPhase() {
		return pipeline.ExactlyOnce, "the plugin " + s.cfg.Program.Name + " prepares and commits, as it says"
	}
	return pipeline.AtLeastOnce, "the plugin " + s.cfg.Program.Name + " does not prepare and commit, so that records may come to it again after a crash"
}

// StreamGuarantee is at least once: the sink commits before the source is told.
func (s *Sink) StreamGuarantee() (pipeline.Guarantee, string) {
	return pipeline.AtLeastOnce, "a stream does not keep what the plugin " + s.cfg.Program.Name + " has prepared, so that records may come to it again after a crash"
}

// Need asks for every column, and what the plugin wants beside them.
func (s *Sink) Need(*pipeline.Layout) pipeline.Need {
	return pipeline.Need{Columns: true, Raw: s.about.GetRaw(), Meta: s.about.GetMeta()}
}

// ready readies a process: it is configured, and opened where the sink is open.
func (s *Sink) ready(ctx context.Context, p *process) error {
	if err := p.describe(ctx, proto.Kind_KIND_SINK, s.cfg.StartTimeout); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.StartTimeout)
	defer cancel()
	about, err := proto.NewSinkClient(p.conn).Configure(limited, &proto.ConfigureSinkRequest{Config: s.cfg.Config})
	if err != nil {
		return p.unopened(ctx, err, s.cfg.StartTimeout)
	}
	switch {
	case about.GetResumes() && !about.GetTwoPhase():
		return s.bad(errors.New("it keeps offsets, and does not prepare and commit"))
	case s.about == nil:
		s.about = about
	case s.about.TwoPhase != about.TwoPhase || s.about.Seals != about.Seals || s.about.Raw != about.Raw ||
		s.about.Meta != about.Meta || s.about.Resumes != about.Resumes || s.about.Stages != about.Stages:
		return s.bad(errors.New("started again, it can do something else than before"))
	}
	if s.request == nil {
		return nil
	}
	return s.openOn(ctx, p)
}

// openOn opens the output on a process. From then on what is left of it is the run's own.
func (s *Sink) openOn(ctx context.Context, p *process) error {
	err := s.ask(ctx, p, "open its output", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		r, err := c.Open(ctx, s.request)
		return r.GetError(), err
	})
	s.request.Resumed = s.request.Resumed || err == nil
	return err
}

// ask makes a call on a process; f returns the plugin's error and the call's. It waits for the answer, also when ctx has ended.
func (s *Sink) ask(ctx context.Context, p *process, what string, f func(context.Context, proto.SinkClient) (*proto.Error, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.CallTimeout)
	defer cancel()
	defer p.outlive(ctx)()
	said, err := f(limited, proto.NewSinkClient(p.conn))
	switch {
	case err != nil:
		return p.failed(ctx, what, err)
	case said != nil:
		return s.refusal(said)
	default:
		return nil
	}
}

// refusal is the plugin's error for a call as a whole. Where it says that it has lost what it took, the engine goes back.
func (s *Sink) refusal(e *proto.Error) error {
	err := refusal(&s.cfg.Program, e)
	if e.GetLost() && fault.FateOf(err) == fault.Transient {
		return &pipeline.EpochError{Err: err}
	}
	return err
}

// call makes a call on the process that runs, which is started where there is none.
func (s *Sink) call(ctx context.Context, what string, f func(context.Context, proto.SinkClient) (*proto.Error, error)) error {
	p, err := s.super.process(ctx, false)
	if err != nil {
		return err
	}
	return s.lost(p, s.ask(ctx, p, what, f))
}

// lost is the error of a call that failed: where the process is at an end, one that lets the engine call again, or go back.
func (s *Sink) lost(p *process, err error) error {
	if !isCrash(err) {
		return err
	}
	s.super.ended(p, err)
	s.drop()
	err = fault.New(fault.PluginUnavailable, "plugin %s: %v", s.cfg.Program.Name, err)
	if s.holds {
		return &pipeline.EpochError{Err: err}
	}
	return err
}

// gone is the error of a call that came although records are lost.
func (s *Sink) gone() error {
	return &pipeline.EpochError{Err: fault.New(fault.PluginUnavailable, "plugin %s: it took records, and ended", s.cfg.Program.Name)}
}

func (s *Sink) bad(err error) error {
	return fault.New(fault.PluginBadReply, "plugin %s: %w", s.cfg.Program.Name, err)
}

// Open opens the plugin's output.
func (s *Sink) Open(ctx context.Context, o pipeline.SinkOpen) error {
	schema, results := delivery.Schema(o.Input, o.Result, delivery.Wants{Raw: s.about.GetRaw(), Meta: s.about.GetMeta()})
	encoded, err := frame.EncodeSchema(schema)
	if err != nil {
		return err
	}
	last, err := unwrap(o.Last)
	if err != nil {
		return err
	}
	s.drop()
	s.schema, s.results, s.alloc, s.holds = schema, results, o.Alloc, false
	s.request = &proto.OpenSinkRequest{
		Pipeline: o.Pipeline, RunId: o.RunID, Schema: encoded, Results: uint32(results), Raw: rawFormats[o.Input.Raw],
		Labels: o.Labels, Last: last, Resumed: o.Resumed, Sealing: o.Sealing, Durable: o.Durable, Overwrite: o.Overwrite,
		Rows: o.Rows, OmitEmpty: o.OmitEmpty, Stream: o.Stream, Scope: o.Scope,
	}
	if s.about.GetResumes() {
		s.request.Last = nil
	}

	// A process that is started now is opened by that.
	before := s.super.running()
	p, err := s.super.process(ctx, false)
	if err != nil || p != before {
		return err
	}
	return s.lost(p, s.openOn(ctx, p))
}

var rawFormats = map[pipeline.RawFormat]proto.RawFormat{
	pipeline.RawJSON: proto.RawFormat_RAW_FORMAT_JSON, pipeline.RawCSV: proto.RawFormat_RAW_FORMAT_CSV,
	pipeline.RawText: proto.RawFormat_RAW_FORMAT_TEXT,
}

// Cover notes what the next Prepare covers.
func (s *Sink) Cover(spans []*pipeline.Span) { s.spans = spans }

// Prepare has the plugin make durable what it took.
func (s *Sink) Prepare(ctx context.Context, epoch int64) (pipeline.Receipt, error) {
	if err := s.endWrites(ctx); err != nil {
		return nil, err
	}
	if !s.about.GetTwoPhase() {
		return pipeline.Receipt("null"), nil
	}
	request := &proto.PrepareRequest{Epoch: epoch}
	for _, span := range s.spans {
		request.Spans = append(request.Spans, &proto.Span{Split: span.Split.ID, First: span.First, Next: span.Next})
	}
	var receipt []byte
	err := s.call(ctx, "prepare", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		r, err := c.Prepare(ctx, request)
		receipt = r.GetReceipt()
		return r.GetError(), err
	})
	if err == nil && len(receipt) > maxReceipt {
		err = s.bad(fmt.Errorf("a receipt of %d bytes, and at most %d are kept", len(receipt), maxReceipt))
	}
	if err != nil {
		return nil, err
	}
	s.holds = false
	if s.commitsAtOnce() {
		if err := s.commit(ctx, receipt); err != nil {
			return nil, err
		}
	}
	return json.Marshal(receipt)
}

// Commit has the plugin make a receipt's data final.
func (s *Sink) Commit(ctx context.Context, r pipeline.Receipt) error {
	if !s.about.GetTwoPhase() || s.commitsAtOnce() {
		return nil
	}
	receipt, err := unwrap(r)
	if err != nil {
		return err
	}
	return s.commit(ctx, receipt)
}

// commitsAtOnce tells that Prepare commits as well: of a stream the source is told next, and nobody would give the receipt back;
// and where the plugin keeps offsets, nobody has to.
func (s *Sink) commitsAtOnce() bool { return s.request.GetStream() || s.about.GetResumes() }

// commit commits a receipt, with which a process that is started later is opened.
func (s *Sink) commit(ctx context.Context, receipt []byte) error {
	if !s.about.GetResumes() {
		s.request.Last = receipt
	}
	return s.call(ctx, "commit", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		r, err := c.Commit(ctx, &proto.CommitRequest{Receipt: receipt})
		return r.GetError(), err
	})
}

// Abort has the plugin undo what came after the last commit. One that does not take part in that gets it again.
func (s *Sink) Abort(ctx context.Context) error {
	s.drop()
	s.holds = false
	if !s.about.GetTwoPhase() {
		return nil
	}
	return s.call(ctx, "abort", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		r, err := c.Abort(ctx, &proto.AbortRequest{})
		return r.GetError(), err
	})
}

// Seal has the plugin make its output whole, where it wants to be told.
func (s *Sink) Seal(ctx context.Context, r pipeline.Receipt) error {
	if !s.about.GetSeals() {
		return nil
	}
	receipt, err := unwrap(r)
	if err != nil {
		return err
	}
	s.request.Last, s.request.Sealing = receipt, true
	return s.call(ctx, "seal", func(ctx context.Context, c proto.SinkClient) (*proto.Error, error) {
		r, err := c.Seal(ctx, &proto.SealRequest{Receipt: receipt})
		return r.GetError(), err
	})
}

// Close ends the process, and returns when it is gone; another Open starts a new one. The error tells that it had to be killed.
// It may come more than once.
func (s *Sink) Close() error {
	s.drop()
	s.stages.rest()
	return s.super.rest()
}

// unwrap is the plugin's receipt, which the engine keeps as JSON; nil where there is none.
func unwrap(r pipeline.Receipt) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	var receipt []byte
	if err := json.Unmarshal(r, &receipt); err != nil {
		return nil, fault.New(fault.StateDamaged, "the receipt of a plugin can't be read: %w", err)
	}
	if receipt == nil {
		receipt = []byte{} // it was given, and is empty
	}
	return receipt, nil
}
