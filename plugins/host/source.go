package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/frame"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// SourceConfig is a plugin as a source.
type SourceConfig struct {
	Program Program
	// Config is one JSON object.
	Config []byte
	// StartTimeout is how long the plugin may take to its handshake, and again to look at its input; CallTimeout how long it
	// may take to its next batch before it counts as hanging. 0: 10 s and 60 s.
	StartTimeout, CallTimeout time.Duration
}

// Source is a source in a process. A process that ends is started again, and its splits are read on where they were.
type Source struct {
	cfg   SourceConfig
	super supervisor

	mu     sync.Mutex
	layout *pipeline.Layout // guarded by mu; set by the first process, and the same ever after
	feeds  bool             // guarded by mu; the input has no end; as layout
}

var (
	_ pipeline.Source    = (*Source)(nil)
	_ pipeline.Describer = (*Source)(nil)
)

// Source is a plugin as a source. Nothing is started before Layout.
func (h *Host) Source(cfg SourceConfig) *Source {
	setTimeouts(&cfg.StartTimeout, &cfg.CallTimeout)
	s := &Source{cfg: cfg}
	s.super.watches(&s.cfg.Program, proto.Kind_KIND_SOURCE, s.open, cfg.StartTimeout, cfg.CallTimeout, h.log)
	h.own(&s.super, s.Close)
	return s
}

// Describe names the plugin.
func (s *Source) Describe() string {
	return "plugin " + s.cfg.Program.Name + " " + s.cfg.Program.Version
}

// Close ends the process, and returns when it is gone. The error tells that it had to be killed. It may come more than once.
func (s *Source) Close() error { return s.super.close() }

// Layout starts the plugin and asks it what its records are like.
func (s *Source) Layout(ctx context.Context) (*pipeline.Layout, error) {
	if _, err := s.super.process(ctx, false); err != nil {
		return nil, err
	}
	return s.known(), nil
}

// unbounded tells that the input has no end.
func (s *Source) unbounded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.feeds
}

// Unbounded starts the plugin, and tells whether its input has no end: then it is to be used as a Feed.
func (s *Source) Unbounded(ctx context.Context) (bool, error) {
	_, err := s.super.process(ctx, false)
	return s.unbounded(), err
}

func (s *Source) known() *pipeline.Layout {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layout
}

// open readies a process. One that is started later has to be what the first one was.
func (s *Source) open(ctx context.Context, p *process) error {
	if err := p.describe(ctx, proto.Kind_KIND_SOURCE, s.cfg.StartTimeout); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.StartTimeout)
	defer cancel()
	o, err := proto.NewSourceClient(p.conn).Open(limited, &proto.OpenSourceRequest{Config: s.cfg.Config})
	if err != nil {
		return p.unopened(ctx, err, s.cfg.StartTimeout)
	}
	layout, err := layoutOf(o)
	if err != nil {
		return s.bad(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if was := s.layout; was != nil && (!was.Schema.Equal(layout.Schema) || was.Replayable != layout.Replayable || s.feeds != o.GetUnbounded()) {
		return s.bad(errors.New("started again, it has other columns"))
	}
	s.layout, s.feeds = layout, o.GetUnbounded()
	return nil
}

func (s *Source) bad(err error) error {
	return fault.New(fault.PluginBadReply, "plugin %s: %w", s.cfg.Program.Name, err)
}

// layoutOf is the layout of what a plugin says of its records.
func layoutOf(o *proto.OpenSourceResponse) (*pipeline.Layout, error) {
	schema, err := frame.DecodeSchema(o.GetSchema())
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for _, f := range schema.Fields() {
		switch {
		case f.Name == "" || strings.HasPrefix(f.Name, "_"):
			return nil, fmt.Errorf("%s can't be a column's name", shown(f.Name))
		case seen[f.Name]:
			return nil, fmt.Errorf("two columns have the name %s", shown(f.Name))
		case !frame.Flat(f.Type):
			return nil, fmt.Errorf("the column %s is of the type %s, which can't be sent", shown(f.Name), f.Type)
		}
		seen[f.Name] = true
	}
	return &pipeline.Layout{Format: "plugin", Schema: schema, Replayable: o.GetReplayable(), Notes: o.GetNotes()}, nil
}

// Splits asks for the parts of the input.
func (s *Source) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	p, err := s.super.process(ctx, false)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	r, err := proto.NewSourceClient(p.conn).Splits(limited, &proto.SplitsRequest{})
	if code := status.Code(err); code == codes.InvalidArgument {
		return nil, p.refused(err)
	}
	if err != nil {
		return nil, s.lost(p, p.failed(ctx, "list its splits", err))
	}
	splits := make([]*pipeline.Split, 0, len(r.GetSplits()))
	seen := make(map[string]bool)
	for _, at := range r.GetSplits() {
		if id := at.GetId(); id == "" || seen[id] {
			return nil, s.bad(fmt.Errorf("the split %s is not unique", shown(id)))
		}
		if at.GetStart() < 0 || at.GetEnd() >= 0 && at.GetEnd() < at.GetStart() {
			return nil, s.bad(fmt.Errorf("the split %s is [%d, %d)", shown(at.GetId()), at.GetStart(), at.GetEnd()))
		}
		seen[at.GetId()] = true
		if at.GetRows() < 0 {
			return nil, s.bad(fmt.Errorf("the split %s has %d records", shown(at.GetId()), at.GetRows()))
		}
		splits = append(splits, splitOf(at))
	}
	return splits, nil
}

// splitOf is a split as a plugin tells of it. Its offsets may leave gaps, so that they count nothing.
func splitOf(at *proto.Split) *pipeline.Split {
	s := &pipeline.Split{
		ID: at.GetId(), File: at.GetPlace(), Start: at.GetStart(), End: at.GetEnd(), Size: at.GetSize(), Rows: -1, Fingerprint: at.GetFingerprint(),
	}
	if n := at.GetRows(); n > 0 {
		s.Rows = n
	}
	return s
}

// told is a split as its plugin told of it.
func told(s *pipeline.Split) *proto.Split {
	at := &proto.Split{Id: s.ID, Place: s.File, Start: s.Start, End: s.End, Size: s.Size, Fingerprint: s.Fingerprint}
	if s.Rows > 0 {
		at.Rows = &s.Rows
	}
	return at
}

// Acknowledge tells a plugin whose input has no end up to which offset each split is done.
func (s *Source) Acknowledge(ctx context.Context, done map[string]int64) error {
	p, err := s.super.process(ctx, false)
	if err != nil {
		return err
	}
	request := new(proto.AcknowledgeRequest)
	for split, next := range done {
		request.Done = append(request.Done, &proto.Acknowledged{Split: split, Next: next})
	}
	limited, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	r, err := proto.NewSourceClient(p.conn).Acknowledge(limited, request)
	switch {
	case err != nil:
		return s.lost(p, p.failed(ctx, "be told what is done", err))
	case r.GetError() != nil:
		return refusal(&s.cfg.Program, r.GetError())
	default:
		return nil
	}
}

// lost is the error of a call that failed: where the process is at an end, one that lets the engine ask again.
func (s *Source) lost(p *process, err error) error {
	if !isCrash(err) {
		return err
	}
	s.super.ended(p, err)
	return fault.New(fault.PluginUnavailable, "plugin %s: %v", s.cfg.Program.Name, err)
}

// Open starts reading a split.
func (s *Source) Open(ctx context.Context, split *pipeline.Split, from pipeline.Position, want pipeline.Projection) (pipeline.Reader, error) {
	p, err := s.super.process(ctx, false)
	if err != nil {
		return nil, err
	}
	fields := []arrow.Field{{Name: pipeline.ColOffset, Type: arrow.PrimitiveTypes.Int64}}
	start := &proto.ReadStart{
		Split: told(split), From: &proto.Position{Offset: from.Offset, Byte: from.Byte, Read: from.Read},
		Rows: int64(want.Rows), Bytes: int64(want.Bytes), MaxRecord: int64(want.MaxRecord),
	}
	layout := s.known()
	for _, c := range want.Columns {
		known, ok := layout.Schema.FieldsByName(c.Name)
		if !ok {
			return nil, fault.New(fault.ColumnsUnknown, "the input has no column %q", c.Name)
		}
		start.Columns = append(start.Columns, c.Name)
		fields = append(fields, known[0])
	}
	r := &reader{
		source: s, process: p, split: split, at: from, rows: max(want.Rows, 1),
		alloc: want.Alloc, batches: frame.NewDecoder(arrow.NewSchema(fields, nil), want.Alloc),
	}
	streamed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	if r.stream, err = proto.NewSourceClient(p.conn).Read(streamed); err == nil {
		err = r.stream.Send(&proto.ReadRequest{Start: start, Credits: readAhead})
	}
	if err != nil {
		cancel()
		return nil, s.lost(p, p.failed(ctx, "read a split", err))
	}
	return r, nil
}
