package corpus

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// RowGroup is how many rows the written Parquet files have in a row group.
const RowGroup = 100_000

// WriteJSONL writes n rows as JSON lines. Where bad is not 0, each bad-th line is no JSON: it ends in the middle.
func (c *Corpus) WriteJSONL(path string, n, bad int) error {
	return create(path, func(w *bufio.Writer) error {
		for i := range n {
			line, err := json.Marshal(c.Row(i))
			if err != nil {
				return err
			}
			if bad != 0 && i%bad == bad-1 {
				line = line[:len(line)/2]
			}
			w.Write(line)
			w.WriteByte('\n')
		}
		return nil
	})
}

// WriteCSV writes n rows under a header. Where bad is not 0, each bad-th row lacks its last fields.
func (c *Corpus) WriteCSV(path string, n, bad int) error {
	return create(path, func(w *bufio.Writer) error {
		cw := csv.NewWriter(w)
		if err := cw.Write([]string{"id", "created", "channel", "text", "score", "visits", "open"}); err != nil {
			return err
		}
		for i := range n {
			r := c.Row(i)
			fields := []string{
				strconv.FormatInt(r.ID, 10), r.Created.Format(time.RFC3339), r.Channel, r.Text,
				strconv.FormatFloat(r.Score, 'g', -1, 64), strconv.Itoa(int(r.Visits)), strconv.FormatBool(r.Open),
			}
			if bad != 0 && i%bad == bad-1 {
				fields = fields[:4]
			}
			if err := cw.Write(fields); err != nil {
				return err
			}
		}
		cw.Flush()
		return cw.Error()
	})
}

// WriteText writes n short texts, one a line.
func (c *Corpus) WriteText(path string, n int) error {
	return create(path, func(w *bufio.Writer) error {
		for i := range n {
			w.WriteString(c.Short(i))
			w.WriteByte('\n')
		}
		return nil
	})
}

// WriteParquet writes n rows, compressed by zstd, in row groups of RowGroup rows.
func (c *Corpus) WriteParquet(path string, n int) error {
	return create(path, func(w *bufio.Writer) error {
		pw := parquet.NewGenericWriter[Row](w, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(RowGroup),
			parquet.CreatedBy("winnow", "corpus", ""))
		rows := make([]Row, 0, 1024)
		for i := range n {
			if rows = append(rows, c.Row(i)); len(rows) == cap(rows) || i == n-1 {
				if _, err := pw.Write(rows); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		return pw.Close()
	})
}

// create writes a file whole or not at all.
func create(path string, fill func(*bufio.Writer) error) (err error) {
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
