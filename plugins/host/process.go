package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/plugins/internal/region"
	"github.com/winnow-stream/winnow/plugins/internal/wire"
	"github.com/winnow-stream/winnow/plugins/proto"
)

// process is a plugin's process after its handshake.
type process struct {
	program *Program
	client  *plugin.Client
	conn    *grpc.ClientConn
	group   *group
	region  *region.Region // that it shares, if it does
	said    *journal
	why     atomic.Pointer[string] // winnow ended it; nil where it did not
	ending  sync.Once              // of free
	watched sync.WaitGroup         // who looks after it until it ends
}

// inheritedFile is the descriptor that a process has its shared memory as: the first after its standard ones.
const inheritedFile = 3

// launch starts a process and waits for its handshake as long as is given. What goes wrong ends it, and is told in one message.
func launch(ctx context.Context, p *Program, within time.Duration, log zerolog.Logger) (*process, error) {
	cmd, err := p.command()
	if err != nil {
		return nil, err
	}
	shared, err := region.New()
	if err != nil { // the system has none: batches go in messages
		shared = new(region.Region)
	}
	if file := shared.File(); file != nil {
		cmd.ExtraFiles = []*os.File{file}
	}
	made := &process{
		program: p, group: newGroup(cmd), region: shared,
		said: &journal{log: log.With().Str("plugin", p.Name).Logger(), hide: p.hide},
	}
	cfg := &plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{MagicCookieKey: proto.CookieKey, MagicCookieValue: proto.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{proto.Version: {proto.Service: nil}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     within,
		RunnerFunc: func(_ hclog.Logger, with *exec.Cmd, _ string) (runner.Runner, error) {
			cmd.Env = append(cmd.Env, with.Env...)
			return made.group, nil
		},
		Stderr: made.said.writer(), SyncStdout: made.said.writer(), SyncStderr: made.said.writer(),
		Logger:          hclog.NewNullLogger(),
		GRPCDialOptions: wire.Dial(shared),
	}
	made.client = plugin.NewClient(cfg)
	begun := time.Now()
	stop := context.AfterFunc(ctx, func() { made.cut() })
	_, err = made.client.Start()
	stop()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case err != nil:
		err = made.unready(err, within, time.Since(begun) >= within)
	default:
		if cfg.TLSConfig.RootCAs == nil {
			cfg.TLSConfig = nil // a handshake without a certificate: the socket's folder keeps others out
		}
		var c plugin.ClientProtocol
		if c, err = made.client.Client(); err == nil {
			made.conn = c.(*plugin.GRPCClient).Conn
			return made, nil
		}
		err = fault.New(fault.PluginHandshake, "plugin %s: no connection: %w", p.Name, err)
	}
	made.kill()
	return nil, err
}

// unready says why there was no handshake.
func (p *process) unready(err error, within time.Duration, late bool) error {
	name := p.program.Name
	if p.group.pid.Load() == 0 {
		return fault.New(fault.PluginFile, "plugin %s: its program can't be started: %w", name, err).At(fault.Where{File: p.program.Dir})
	}
	line := p.group.stdout.first()
	parts := strings.Split(strings.TrimSpace(line), "|")
	switch {
	case line == "" && late:
		return fault.New(fault.PluginTimeout, "plugin %s: no handshake within %s%s", name, within, p.lastly())
	case line == "":
		return fault.New(fault.PluginHandshake, "plugin %s: it ended before its handshake: %s", name, p.obituary())
	case len(parts) < 4:
		return fault.New(fault.PluginHandshake, "plugin %s: instead of a handshake it printed %s", name, shown(p.program.hide(line)))
	case parts[1] != strconv.Itoa(proto.Version):
		return fault.New(fault.PluginVersion, "plugin %s: it speaks protocol %s, and this winnow speaks %d", name, shown(parts[1]), proto.Version)
	default:
		return fault.New(fault.PluginHandshake, "plugin %s: its handshake can't be used: %w", name, err)
	}
}

func shown(s string) string {
	if len(s) > maxShownBytes {
		return strconv.Quote(s[:maxShownBytes]) + "…"
	}
	return strconv.Quote(s)
}

// describe asks the process what it is, and holds it to what is expected.
func (p *process) describe(ctx context.Context, kind proto.Kind, within time.Duration) error {
	name := p.program.Name
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	d, err := proto.NewPluginClient(p.conn).Describe(limited, &proto.DescribeRequest{Memory: p.region.Memory(inheritedFile)})
	if err != nil {
		return p.failed(ctx, "say what it is", err)
	}
	if !d.GetShares() {
		p.region.Close()
	}
	if d.GetName() != name || d.GetVersion() != p.program.Version {
		return fault.New(fault.PluginKind, "plugin %s %s: the process says that it is %s %s", name, p.program.Version, shown(d.GetName()), shown(d.GetVersion())).
			WithFix("build the plugin again, so that its program and its plugin.yaml say the same")
	}
	for _, k := range d.GetKinds() {
		if k == kind {
			return nil
		}
	}
	return fault.New(fault.PluginKind, "plugin %s: the process serves no %s", name, kindNames[kind])
}

var kindNames = map[proto.Kind]string{proto.Kind_KIND_CLASSIFIER: "classifier", proto.Kind_KIND_SOURCE: "source", proto.Kind_KIND_SINK: "sink"}

// alive tells whether the process has not ended.
func (p *process) alive() bool {
	select {
	case <-p.group.ended:
		return false
	default:
		return true
	}
}

// hang ends a process that does not answer.
func (p *process) hang() { p.end("it did not answer in time") }

// outlive has a call to a sink go on when ctx has ended: one that was cut off might be overtaken in the plugin by the next, an Abort,
// and would count for the next epoch. A process that does not answer soon then is ended. The result is called with the answer.
func (p *process) outlive(ctx context.Context) (answered func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-done:
		case <-time.After(lastAnswer):
			p.end("it did not answer before the run ended")
		}
	})
	return func() {
		close(done)
		stop()
	}
}

// end ends a process for a reason that its obituary tells.
func (p *process) end(why string) {
	p.why.CompareAndSwap(nil, &why)
	p.cut()
}

// cut ends the process's group without waiting.
func (p *process) cut() { p.group.kill() }

// kill ends the process and frees what it held.
func (p *process) kill() {
	p.cut()
	p.free()
}

// stop asks the process to end, and kills it where it does not, which the error tells.
func (p *process) stop() error {
	late := time.AfterFunc(stopTimeout, p.cut)
	defer late.Stop()
	p.free()
	<-p.group.ended
	if s := p.group.state; s != nil && !s.Exited() {
		return fault.New(fault.PluginFailed, "plugin %s: it did not end when it was asked to, and had to be killed", p.program.Name)
	}
	return nil
}

// free asks the process to end unless it has, and returns when all of its output was read.
func (p *process) free() {
	p.ending.Do(func() {
		p.client.Kill()
		p.region.Close()
	})
}

// obituary is how the process ended, and its last words. It waits for both.
func (p *process) obituary() string {
	select {
	case <-p.group.ended:
	case <-time.After(stopTimeout): // it closed its connection and lives on
		p.cut()
		<-p.group.ended
	}
	p.free()
	how := "it ended"
	switch why := p.why.Load(); {
	case why != nil:
		how = *why
	case p.group.state != nil:
		how = p.group.state.String()
	}
	return how + p.lastly()
}

func (p *process) lastly() string {
	if words := p.said.words(); words != "" {
		return fmt.Sprintf("; its last words: %s", words)
	}
	return ""
}
