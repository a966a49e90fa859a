package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/wire"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Main is the program: what main starts, and tests too. Run it once, then Close it.
type Main struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Signals chan os.Signal // SIGINT and SIGTERM arrive here while a pipeline runs; at other times they end the process
	// Kill ends the process at once, for a second signal that is not obeyed.
	Kill func(code int)

	Log   zerolog.Logger
	args  []string // of Run
	color bool
	quiet bool
	// plugins are those that the command line's specs name. They end with Run.
	plugins *wire.Plugins
	// stopped is the first signal that stopped a pipeline; nil where none did.
	stopped os.Signal
}

// NewMain is the program on the process's own streams and signals.
func NewMain() *Main {
	return &Main{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Signals: make(chan os.Signal, 4), Kill: os.Exit}
}

// Close stops listening for signals.
func (m *Main) Close() { signal.Stop(m.Signals) }

// Run executes one command line, without the program's name, and returns the exit status.
func (m *Main) Run(args []string) int {
	m.Log = zerolog.New(m.Stderr).With().Timestamp().Logger().Level(zerolog.InfoLevel)
	m.args = args
	grammar := new(cli)
	parser, err := newParser(grammar, m)
	if err != nil {
		return m.fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" {
		args = append(args[1:], "--help")
	}
	k, err := parser.Parse(joinNegatives(args))
	if errors.Is(err, errHelped) {
		return 0
	}
	if err != nil {
		return m.fail(usageError(err))
	}
	m.color = !grammar.NoColor && os.Getenv("NO_COLOR") == ""
	m.quiet = grammar.Quiet
	if grammar.Verbose {
		m.Log = m.Log.Level(zerolog.DebugLevel)
	}
	m.plugins = wire.NewPlugins(m.Log)
	m.plugins.Batch = true
	defer m.plugins.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k.BindTo(ctx, (*context.Context)(nil))
	return m.fail(k.Run())
}

// fail says what went wrong, where, and what to do next, and returns the exit status: 0 without an error. A run that was
// told to stop has not gone wrong, and says where it stands.
func (m *Main) fail(err error) int {
	if err == nil || errors.Is(err, errSilent) {
		return silentCode(err)
	}
	style := m.errStyle()
	for _, e := range flatten(err) {
		text := term.Problem(e, style)
		if stop, ok := fault.As(e); ok && stop.Code == fault.RunInterrupted {
			if m.quiet {
				continue
			}
			text = term.Stopped(stop, style)
		}
		_, _ = io.WriteString(m.Stderr, text) // nowhere is left to complain
	}
	if fault.Is(err, fault.RunInterrupted) && m.stopped == syscall.SIGTERM {
		return 143
	}
	return fault.ExitOf(err)
}

// style is what standard output can show, errStyle what standard error can.
func (m *Main) style() term.Style    { return term.StyleOf(m.Stdout, m.color) }
func (m *Main) errStyle() term.Style { return term.StyleOf(m.Stderr, m.color) }
