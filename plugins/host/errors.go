package host

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// crash is the error of a call during which the process ended, or was ended because it did not answer. It stays within the
// package: coded errors tell it, and don't wrap it.
type crash struct {
	how string // its obituary
}

func (c *crash) Error() string { return c.how }

func isCrash(err error) bool {
	var c *crash
	return errors.As(err, &c)
}

// failed is what a call's error means; ctx is the caller's, without the limit of the call. It is the one place that decides which of them are the process's end.
func (p *process) failed(ctx context.Context, what string, err error) error {
	name := p.program.Name
	s, _ := status.FromError(err)
	switch {
	case p.why.Load() != nil:
		return &crash{p.obituary()}
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), s.Code() == codes.Unavailable, s.Code() == codes.Canceled, !p.alive():
		// The connection is gone: so is the process, or soon.
		return &crash{p.obituary()}
	case s.Code() == codes.DeadlineExceeded:
		p.hang()
		return &crash{p.obituary()}
	case s.Code() == codes.ResourceExhausted:
		return fault.New(fault.PluginBadReply, "plugin %s: a message of more than %d MiB", name, proto.MaxMessage>>20)
	default:
		return fault.New(fault.PluginBadReply, "plugin %s: it can't %s: %s", name, what, p.program.hide(s.Message()))
	}
}

// unopened is why a process could not be opened within its time.
func (p *process) unopened(ctx context.Context, err error, within time.Duration) error {
	switch code := status.Code(err); {
	case code == codes.InvalidArgument:
		return p.refused(err)
	case code == codes.DeadlineExceeded && ctx.Err() == nil:
		return fault.New(fault.PluginTimeout, "plugin %s: not ready within %s%s", p.program.Name, within, p.lastly())
	default:
		return p.failed(ctx, "be opened", err)
	}
}

// refused is the plugin's own word on its configuration.
func (p *process) refused(err error) error {
	s, _ := status.FromError(err)
	return fault.New(fault.PluginConfig, "plugin %s: it refuses its configuration: %s", p.program.Name, p.program.hide(s.Message()))
}

// refusal is the plugin's error for a call as a whole.
func refusal(p *Program, e *proto.Error) error {
	code := fault.PluginFailed
	switch e.GetFate() {
	case proto.Fate_FATE_RECORD:
		code = fault.PluginRefused
	case proto.Fate_FATE_TRANSIENT:
		code = fault.PluginUnavailable
	}
	if own := fault.ByID(e.GetCode()); own != nil && own.Fate == code.Fate && shared(own) {
		code = own
	}
	return fault.New(code, "plugin %s: %s", p.Name, p.hide(e.GetMessage()))
}

// shared tells which of winnow's codes a plugin may use: those about its own world. The others are about the pipeline.
func shared(c *fault.Code) bool {
	area, _, _ := strings.Cut(c.ID, ".")
	switch area {
	case "output", "storage", "record", "plugin":
		return true
	default:
		return false
	}
}

// rowError is why a row failed, under one of winnow's codes for records where it has one, or for what may work later.
func rowError(p *Program, f *proto.RowError) *fault.Error {
	code := fault.ByID(f.GetCode())
	if code == nil || code.Fate != fault.Row && !wantsLater(f) {
		code = fault.PluginRefused
	}
	return fault.New(code, "plugin %s: %s", p.Name, p.hide(f.GetMessage()))
}
