package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/winnow-stream/winnow/connectors/file/inflate"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// input opens the file and finds out how it is compressed. The size is 0 where it is not known.
func (c *kafkaProduceCmd) input(m *Main) (io.ReadCloser, *counter, error) {
	in := &counter{Reader: m.Stdin}
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, nil, fault.New(fault.InputMissing, "%w", err).At(fault.Where{File: c.File})
		}
		in.Reader, in.Closer = f, f
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	head := bufio.NewReaderSize(in, 64<<10)
	first, err := head.Peek(inflate.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: c.File})
	}
	r, err := inflate.NewReader(inflate.Detect(first), head)
	if err != nil {
		return nil, nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: c.File})
	}
	return &closers{r, in}, in, nil
}

// counter counts what is read of the file itself.
type counter struct {
	io.Reader
	io.Closer
	read atomic.Int64
	size int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// Close closes the file; standard input stays open.
func (c *counter) Close() error {
	if c.Closer == nil {
		return nil
	}
	return c.Closer.Close()
}

type closers struct {
	io.ReadCloser
	file io.Closer
}

func (c *closers) Close() error { return errors.Join(c.ReadCloser.Close(), c.file.Close()) }
