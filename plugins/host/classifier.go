package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/answer"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// ClassifierConfig is a plugin as a classifier.
type ClassifierConfig struct {
	Program Program
	// Answers is the classifier's version: what decides its answers beside the labels, such as the hash of the plugin's files
	// and of the configuration.
	Answers string
	// Labels are those that the user names; nil where the plugin's own are meant.
	Labels classify.LabelSet
	// Config is one JSON object.
	Config []byte
	// StartTimeout is how long the plugin may take to its handshake, and again to read its model; CallTimeout how long a call
	// may take before it counts as hanging. 0: 10 s and 60 s.
	StartTimeout, CallTimeout time.Duration
	// Idle is how long nobody may have asked it for anything before its process ends, to be started again with the next call. 0: it
	// stays.
	Idle time.Duration
}

// Classifier is a classifier in a process. It answers as one that is built in; Close of its Host ends it.
type Classifier struct {
	cfg   ClassifierConfig
	super supervisor
	calls chan struct{} // a place for each call that may be on its way

	// gate is held for reading by calls, and for writing by one that has to be alone to show who is at fault.
	gate sync.RWMutex

	mu     sync.Mutex
	idle   []*stream                     // guarded by mu: open, without a call
	opened *proto.OpenClassifierResponse // guarded by mu; set by the first process, and the same ever after
}

var _ classify.Classifier = (*Classifier)(nil)

// Classifier starts a plugin as a classifier, and asks it for its labels.
func (h *Host) Classifier(ctx context.Context, cfg ClassifierConfig) (*Classifier, error) {
	setTimeouts(&cfg.StartTimeout, &cfg.CallTimeout)
	c := &Classifier{cfg: cfg, calls: make(chan struct{}, maxCalls)}
	c.super.watches(&c.cfg.Program, proto.Kind_KIND_CLASSIFIER, c.open, cfg.StartTimeout, cfg.CallTimeout, h.log)
	c.super.most = cfg.Idle
	if _, err := c.super.process(ctx, false); err != nil {
		return nil, err
	}
	h.own(&c.super, c.Close)
	return c, nil
}

// Info is what the plugin said of itself.
func (c *Classifier) Info() classify.Info {
	o := c.answers()
	mode := classify.Single
	if o.GetMode() == proto.Mode_MODE_MULTI {
		mode = classify.Multi
	}
	return classify.Info{Version: c.cfg.Answers, Labels: o.GetLabels(), Mode: mode, Backend: "plugin"}
}

// Lists tells whether answers have lists of labels (pipeline.Lists).
func (c *Classifier) Lists() bool { return c.answers().GetLists() }

func (c *Classifier) answers() *proto.OpenClassifierResponse {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened
}

// open readies a process. One that is started later has to be what the first one was.
func (c *Classifier) open(ctx context.Context, p *process) error {
	if err := p.describe(ctx, proto.Kind_KIND_CLASSIFIER, c.cfg.StartTimeout); err != nil {
		return err
	}
	request := &proto.OpenClassifierRequest{Config: c.cfg.Config}
	for _, l := range c.cfg.Labels {
		request.Labels = append(request.Labels, &proto.Label{Name: l.Name, Description: l.Description, Examples: l.Examples})
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg.StartTimeout)
	defer cancel()
	name := c.cfg.Program.Name
	o, err := proto.NewClassifierClient(p.conn).Open(limited, request)
	if err != nil {
		return p.unopened(ctx, err, c.cfg.StartTimeout)
	}
	if err := c.sound(o); err != nil {
		return fault.New(fault.PluginBadReply, "plugin %s: %w", name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if was := c.opened; was != nil && (!slices.Equal(was.Labels, o.Labels) || was.Mode != o.Mode || was.Lists != o.Lists) {
		return fault.New(fault.PluginBadReply, "plugin %s: started again, it has other labels or another mode", name)
	}
	c.opened = o
	return nil
}

// sound holds what the plugin says of itself to the contract.
func (c *Classifier) sound(o *proto.OpenClassifierResponse) error {
	if _, err := classify.NewLabelSet(o.GetLabels(), nil, nil); err != nil {
		return err
	}
	for _, l := range c.cfg.Labels {
		if !slices.Contains(o.GetLabels(), l.Name) {
			return errors.New("it has no label " + shown(l.Name) + ", which it was given")
		}
	}
	if m := o.GetMode(); m != proto.Mode_MODE_SINGLE && m != proto.Mode_MODE_MULTI {
		return errors.New("its mode is neither single nor multi")
	}
	return nil
}

// Classify has the plugin answer. Texts go in batches of bounded size.
func (c *Classifier) Classify(ctx context.Context, texts *array.String, out *classify.Results) error {
	out.Reset(texts.Len())
	for from := 0; from < texts.Len(); {
		to := cut(texts, from)
		if err := c.part(ctx, texts, from, to, out); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// cut is where the batch that begins at from ends: below the limit, and with one text at least.
func cut(texts *array.String, from int) int {
	to := from
	for size := 0; to < texts.Len(); to++ {
		if size += texts.ValueLen(to); size > maxBatch && to > from {
			break
		}
	}
	return to
}

// part answers the rows [from, to), again where the plugin says that a row may have an answer later, as long as a call may take.
func (c *Classifier) part(ctx context.Context, texts *array.String, from, to int, out *classify.Results) error {
	l, before := later{limit: c.cfg.CallTimeout}, markOf(out)
	for {
		if err := c.once(ctx, texts, from, to, out); err != nil {
			return err
		}
		unready := before.unready(out)
		if len(unready) == 0 {
			return nil
		}
		if !l.wait(ctx) {
			for _, f := range unready {
				f.Err = fault.New(fault.PluginRefused, "for %s: %w", c.cfg.CallTimeout, f.Err)
			}
			return ctx.Err()
		}
		before.back(out)
	}
}

// once answers the rows [from, to). When the process ends meanwhile, it looks for the row at fault.
func (c *Classifier) once(ctx context.Context, texts *array.String, from, to int, out *classify.Results) error {
	select {
	case c.calls <- struct{}{}:
		defer func() { <-c.calls }()
	case <-ctx.Done():
		return ctx.Err()
	}
	before := c.super.count()
	c.gate.RLock()
	err := c.call(ctx, texts, from, to, out, false)
	c.gate.RUnlock()
	if !isCrash(err) {
		return err
	}
	c.gate.Lock()
	defer c.gate.Unlock()
	t := &trial{c: c, texts: texts, out: out, before: before}
	return t.run(ctx, from, to)
}

// Spend says that nobody needs the classifier any more, but for calls that have begun or come late: the process ends when it has
// been idle.
func (c *Classifier) Spend() { c.super.spend() }

// call makes one call for the rows [from, to).
func (c *Classifier) call(ctx context.Context, texts *array.String, from, to int, out *classify.Results, patient bool) (err error) {
	rows := int64(0)
	end := c.super.meter.call()
	defer func() { end(rows) }()
	p, err := c.super.process(ctx, patient)
	if err != nil {
		return err
	}
	part := array.NewSlice(texts, int64(from), int64(to)).(*array.String)
	defer part.Release()
	s, err := c.stream(p)
	if err == nil {
		var r *proto.ClassifyResponse
		if r, err = s.ask(ctx, part, c.cfg.CallTimeout); err == nil {
			if err = c.take(s, r, from, to-from, out); err == nil {
				rows = int64(to - from)
			}
			return err
		}
		s.close()
	}
	if err = p.failed(ctx, "answer", err); isCrash(err) {
		c.super.ended(p, err)
	}
	return err
}

// stream returns an idle stream of the process, or opens one. Those of earlier processes are closed.
func (c *Classifier) stream(p *process) (*stream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := len(c.idle); n > 0; n = len(c.idle) {
		s := c.idle[n-1]
		c.idle = c.idle[:n-1]
		if s.process == p {
			return s, nil
		}
		s.close()
	}
	return openStream(p, c.opened.GetLists())
}

// take takes an answer over into the rows that begin at from, and the stream back.
func (c *Classifier) take(s *stream, r *proto.ClassifyResponse, from, rows int, out *classify.Results) error {
	bad := func(err error) error {
		s.close()
		return fault.New(fault.PluginBadReply, "plugin %s: %w", c.cfg.Program.Name, err)
	}
	if err := s.inOrder(r); err != nil {
		return bad(err)
	}
	if r.GetError() != nil {
		c.rest(s)
		return refusal(&c.cfg.Program, r.GetError())
	}
	batch, err := s.answers.Decode(r.GetBatch())
	if err != nil {
		return bad(err)
	}
	if err := answer.Read(batch, out, from, rows, len(c.answers().GetLabels())); err != nil {
		return bad(err)
	}
	last := -1
	for _, f := range r.GetRows() {
		row := int(f.GetRow())
		if row <= last || row >= rows {
			return bad(errors.New("rows that failed are out of order, or not of the batch"))
		}
		last = row
		out.Fail(from+row, rowError(&c.cfg.Program, f))
	}
	c.rest(s)
	return nil
}

// rest keeps a stream for another call.
func (c *Classifier) rest(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, s)
}

// Close ends the process, and returns when it is gone. The error tells that it had to be killed. It may come more than once.
func (c *Classifier) Close() error {
	err := c.super.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.idle {
		s.close()
	}
	c.idle = nil
	return err
}
