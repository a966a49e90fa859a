package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// latency is how long answers took, in milliseconds.
type latency struct {
	Median float64 `json:"median"`
	Most   float64 `json:"most"` // of 99 in 100
}

// How many lines are asked one after the other, after some that don't count.
const aloneLines, aloneWarm = 200, 20

// alone gives a process that has started one line at a time.
func (b *bench) alone(k *backend, t *trial) (*latency, error) {
	args := b.command(k, t, "-")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Stderr = append(os.Environ(), b.catalog()), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l, failed := ask(t.exam, in, bufio.NewReaderSize(out, 1<<20))
	_ = in.Close() // it ends by that, and says how
	if err := errors.Join(failed, cmd.Wait()); err != nil {
		return nil, fmt.Errorf("%s, a line at a time: %w", k.name, err)
	}
	return l, nil
}

// ask writes lines of the test split and waits for each one's answer.
func ask(x *exam, to io.Writer, from *bufio.Reader) (*latency, error) {
	took := make([]float64, aloneWarm+aloneLines)
	for i := range took {
		begun := time.Now()
		if _, err := io.WriteString(to, x.test[i%len(x.test)].line()+"\n"); err != nil {
			return nil, err
		}
		if _, err := from.ReadSlice('\n'); err != nil {
			return nil, err
		}
		took[i] = float64(time.Since(begun)) / float64(time.Millisecond)
	}
	counted := took[aloneWarm:]
	slices.Sort(counted)
	return &latency{counted[aloneLines/2], counted[aloneLines*99/100]}, nil
}
