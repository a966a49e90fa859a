package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"golang.org/x/sys/unix"
)

// work is what this program does as a process that is measured:
//
//	pin CPUS COMMAND…      runs a command on these CPUs only ("0", "0,1")
//	measure COMMAND…       runs a command and tells what it took
//	score LABELS TEXTS     labels each line of a file by the classifier alone, as `fasttext predict` does
//	loop LABELS TEXTS N    the bare classify loop: N passes over the file's batches
//	engine LABELS TEXTS N  the same batches through a pipeline with a sink that forgets them
//	predict MODEL TEXTS THREADS   labels each line of a file by a fastText model, as `fasttext predict` does
//	train ROWS MODEL OPTION…      trains a fastText model on JSONL, by options of fastText's command line
//	rows IN OUT            copies a Parquet file by rows
//	kafka-fill BROKERS TOPIC N                          produces N records of 300 bytes
//	kafka-loop BROKERS FROM TO GROUP RECORDS INTERVAL   the bare exactly-once loop over a topic
//	plugin                 serves the plugin that sections of plugins start
//	hop KIND TEXTS N       N passes over a file's batches through a plugin of a kind, and what they took of the host
//	copy OUT BYTES         writes so many bytes to a file, syncs and removes it
//	groups IN OUT          copies a Parquet file by row groups, whose pages parquet-go passes on unread
func work(name string, args []string) error {
	switch {
	case name == "pin" && len(args) > 1:
		return pin(args[0], args[1:])
	case name == "measure" && len(args) > 0:
		return measured(args)
	case name == "score" && len(args) == 2:
		return score(args[0], args[1])
	case name == "loop" && len(args) == 3, name == "engine" && len(args) == 3:
		passes, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		if name == "loop" {
			return loop(args[0], args[1], passes)
		}
		return engine(args[0], args[1], passes)
	case name == "train" && len(args) > 1:
		return trainModel(args[0], args[1], args[2:])
	case name == "predict" && len(args) == 3:
		threads, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return predict(args[0], args[1], threads)
	case name == "kafka-fill" && len(args) == 3:
		n, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return kafkaFill(args[0], args[1], n)
	case name == "kafka-loop" && len(args) == 6:
		n, err := strconv.Atoi(args[4])
		if err != nil {
			return err
		}
		every, err := time.ParseDuration(args[5])
		if err != nil {
			return err
		}
		return kafkaLoop(args[0], args[1], args[2], args[3], n, every)
	case name == "plugin" && len(args) == 0:
		servePlugin()
		return nil
	case name == "hop" && len(args) == 3:
		passes, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return hop(args[0], args[1], passes)
	case name == "copy" && len(args) == 2:
		n, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return err
		}
		return plainCopy(args[0], n)
	case name == "rows" && len(args) == 2, name == "groups" && len(args) == 2:
		return copyParquet(args[0], args[1], name == "rows")
	}
	return fmt.Errorf("no such work, or not with %d arguments", len(args))
}

func pin(cpus string, args []string) error {
	runtime.LockOSThread()
	var set unix.CPUSet
	for c := range strings.SplitSeq(cpus, ",") {
		n, err := strconv.Atoi(c)
		if err != nil {
			return err
		}
		set.Set(n)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return err
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, args, os.Environ())
}

// copyParquet reads every column and writes it as zstd, without a look at it.
func copyParquet(from, to string, byRows bool) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	f, err := parquet.OpenFile(in, info.Size())
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	w := parquet.NewGenericWriter[any](buffered, f.Schema(), parquet.Compression(&zstd.Codec{}))
	for _, g := range f.RowGroups() {
		if err := copyGroup(w, g, byRows); err != nil {
			out.Close()
			return err
		}
	}
	if err := w.Close(); err != nil {
		out.Close()
		return err
	}
	if err := buffered.Flush(); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func copyGroup(w *parquet.GenericWriter[any], g parquet.RowGroup, byRows bool) error {
	if !byRows {
		_, err := w.WriteRowGroup(g)
		return err
	}
	rows := g.Rows()
	defer rows.Close()
	if _, err := parquet.CopyRows(w, rows); err != nil && err != io.EOF {
		return err
	}
	return w.Flush()
}

// plainCopy is what an upload is held to: the same writes and the same sync, and nothing else.
func plainCopy(to string, size int64) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer os.Remove(to)
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i)
	}
	for left := size; left > 0; left -= int64(len(block)) {
		block = block[:min(left, int64(len(block)))]
		if _, err := f.Write(block); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Sync(), f.Close())
}
