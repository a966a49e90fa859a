package host

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// trial finds out why a process ended while it had a batch. It has the plugin to itself, so that what ends it now is in the
// rows that it was given, or in the plugin. Rows come in order; those at fault fail, the others are answered.
type trial struct {
	c        *Classifier
	texts    *array.String
	out      *classify.Results
	before   int  // processes that had ended before this batch was sent
	guilty   int  // rows found at fault since the last call that was answered
	convicts int  // rows found at fault
	answered bool // some call was
}

// run answers the rows [from, to), the batch that a process died of. Where rows are at fault and others are not, the
// plugin is not charged with the processes that it took to find out.
func (t *trial) run(ctx context.Context, from, to int) error {
	if err := t.rows(ctx, from, to, false); err != nil {
		return err
	}
	if t.convicts > 0 && t.answered {
		t.c.super.forgive(t.before)
	}
	return nil
}

// rows gives the plugin the rows [from, to), and halves where they end it.
func (t *trial) rows(ctx context.Context, from, to int, patient bool) error {
	err := t.c.call(ctx, t.texts, from, to, t.out, patient)
	switch {
	case err == nil:
		t.answered, t.guilty = true, 0
		return nil
	case !isCrash(err):
		return err
	}
	if to-from == 1 {
		return t.convict(from, err)
	}
	mid := (from + to) / 2
	if err := t.rows(ctx, from, mid, true); err != nil {
		return err
	}
	return t.rows(ctx, mid, to, true)
}

// convict sets a row aside that ended the process when it came alone.
func (t *trial) convict(row int, how error) error {
	t.convicts++
	if t.guilty++; t.guilty > maxGuilty {
		return fault.New(fault.PluginCrashed, "plugin %s: it ends whatever record it gets; the last time: %v", t.c.cfg.Program.Name, how)
	}
	t.out.Fail(row, fault.New(fault.PluginRecord, "plugin %s: %v", t.c.cfg.Program.Name, how))
	if t.c.Lists() {
		t.out.Ends = append(t.out.Ends, int32(len(t.out.Scores)))
	}
	return nil
}
