package file

import (
	"errors"
	"io"
	"sync"
	"time"
)

// errSilent is the error of a read from standard input that got nothing within stdinPatience.
var errSilent = errors.New("standard input is silent")

// pump reads standard input in a goroutine, because a read from a pipe or terminal can't be interrupted. The goroutine
// ends with the input, or, after Close, with the next byte of it: whoever closes a pump early ends the process soon.
type pump struct {
	blocks    chan block
	free      chan []byte
	done      chan struct{}
	stop      sync.Once
	now       block // what is being handed out
	impatient bool  // reads give up after stdinPatience
}

type block struct {
	data, buf []byte
	err       error
}

const pumpBlock = 256 << 10

func newPump(r io.Reader) *pump {
	p := &pump{blocks: make(chan block, 1), free: make(chan []byte, 3), done: make(chan struct{})}
	for range cap(p.free) {
		p.free <- make([]byte, pumpBlock)
	}
	go p.run(r)
	return p
}

func (p *pump) run(r io.Reader) {
	defer close(p.blocks)
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		case <-p.done:
			return
		}
		n, err := r.Read(buf)
		select {
		case p.blocks <- block{buf[:n], buf, err}:
		case <-p.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader. It returns what has come, as soon as something has.
func (p *pump) Read(b []byte) (int, error) {
	for len(p.now.data) == 0 {
		if p.now.err != nil {
			return 0, p.now.err
		}
		if p.now.buf != nil {
			p.free <- p.now.buf
			p.now = block{}
		}
		if err := p.take(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.now.data)
	p.now.data = p.now.data[n:]
	return n, nil
}

func (p *pump) take() error {
	var patience <-chan time.Time
	if p.impatient {
		t := time.NewTimer(stdinPatience)
		defer t.Stop()
		patience = t.C
	}
	select {
	case b, ok := <-p.blocks:
		if !ok {
			return io.ErrClosedPipe
		}
		p.now = b
		return nil
	case <-patience:
		return errSilent
	case <-p.done:
		return io.ErrClosedPipe
	}
}

// Close ends the reads.
func (p *pump) Close() error {
	p.stop.Do(func() { close(p.done) })
	return nil
}
