package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/failpoint"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Commit ends the epoch.
func (m *member) Commit(ctx context.Context, e *pipeline.Epoch) (bool, error) {
	moves := m.hold()
	defer m.endEpoch(moves)
	defer m.fetching.Unlock()
	committed, err := true, error(nil)
	switch {
	case m.tx != nil:
		committed, err = m.commitTransaction(ctx, e)
	case len(e.Spans) > 0 && !m.src.cfg.preview:
		err = m.commitOffsets(ctx, e)
	}
	if err == nil {
		m.mu.Lock()
		m.drop(func(b *pipeline.Batch) bool { return !m.holds(b.Split) })
		m.mu.Unlock()
	}
	return committed, err
}

// hold keeps the client from being polled until the epoch has ended: it interrupts the poll that runs and waits for it.
// Moves is how often the epoch had to end so far.
func (m *member) hold() (moves int64) {
	m.mu.Lock()
	moves = m.moves
	m.ending = make(chan struct{})
	if m.wake != nil {
		m.wake()
	}
	m.mu.Unlock()
	m.fetching.Lock()
	return moves
}

// holds reports whether the split's assignment stands. Callers hold mu.
func (m *member) holds(s *pipeline.Split) bool {
	topic, number, _ := splitID(s.ID)
	h := m.held[partition{topic, number}]
	return h != nil && h.split == s
}

// commitTransaction ends the transaction, with the group's offsets in it, and begins the next. The client would commit
// everything that it handed out; what counts is what has its outcome. When the group has moved, the session aborts and
// the client goes back to what was committed.
func (m *member) commitTransaction(ctx context.Context, e *pipeline.Epoch) (bool, error) {
	m.mu.Lock()
	moving := m.moving
	m.mu.Unlock()
	if len(e.Spans) == 0 && !moving {
		return true, nil
	}
	try := kgo.TryCommit
	if len(e.Spans) == 0 {
		try = kgo.TryAbort
	}
	failpoint.Hit("kafka.flushed")
	committed, err := m.tx.End(kgo.PreTxnCommitFnContext(ctx, func(r *kmsg.TxnOffsetCommitRequest) error {
		limit(r, e)
		return nil
	}), try)
	if err != nil {
		return false, &pipeline.EpochError{Err: commitError(err, &m.src.cfg.Connection)}
	}
	failpoint.Hit("kafka.ended")
	if !committed {
		m.rewind()
		m.src.log.Info().Msg("transaction aborted: partitions moved")
	}
	if err := m.tx.Begin(); err != nil {
		return false, &pipeline.EpochError{Err: commitError(err, &m.src.cfg.Connection)}
	}
	return committed, nil
}

// limit takes everything out of a commit that the epoch does not cover.
func limit(r *kmsg.TxnOffsetCommitRequest, e *pipeline.Epoch) {
	next := make(map[partition]int64, len(e.Spans))
	for _, s := range e.Spans {
		topic, number, _ := splitID(s.Split.ID)
		next[partition{topic, number}] = s.Next
	}
	topics := r.Topics[:0]
	for _, t := range r.Topics {
		partitions := t.Partitions[:0]
		for _, p := range t.Partitions {
			if at, ok := next[partition{t.Topic, p.Partition}]; ok {
				p.Offset, p.LeaderEpoch = at, -1
				partitions = append(partitions, p)
			}
		}
		if t.Partitions = partitions; len(partitions) > 0 {
			topics = append(topics, t)
		}
	}
	r.Topics = topics
}

// rewind puts the partitions where the group's offsets are, as the client was.
func (m *member) rewind() {
	committed := m.cl.CommittedOffsets()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(func(*pipeline.Batch) bool { return true })
	m.rewinds++
	for p, h := range m.held {
		h.next = h.split.Start
		if at, ok := committed[p.topic][p.number]; ok && at.Offset >= 0 {
			h.next = at.Offset
		}
	}
}

// commitOffsets commits the group's offsets.
func (m *member) commitOffsets(ctx context.Context, e *pipeline.Epoch) error {
	offsets := make(map[string]map[int32]kgo.EpochOffset)
	for _, s := range e.Spans {
		topic, number, _ := splitID(s.Split.ID)
		if offsets[topic] == nil {
			offsets[topic] = make(map[int32]kgo.EpochOffset)
		}
		offsets[topic][number] = kgo.EpochOffset{Epoch: -1, Offset: s.Next}
	}
	var failed error
	m.cl.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		if err != nil {
			failed = err
			return
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				failed = errors.Join(failed, kerr.ErrorForCode(p.ErrorCode))
			}
		}
	})
	switch {
	case failed == nil:
		return nil
	case moved(failed): // others have the partitions: what was written of them comes again
		m.src.log.Warn().Err(failed).Msg("the group moved before its offsets were committed")
		return nil
	default:
		return &pipeline.EpochError{Err: commitError(failed, &m.src.cfg.Connection)}
	}
}

// moved tells errors of a commit that came after the group went on without the member.
func moved(err error) bool {
	return errors.Is(err, kerr.IllegalGeneration) || errors.Is(err, kerr.UnknownMemberID) ||
		errors.Is(err, kerr.RebalanceInProgress) || errors.Is(err, kerr.StaleMemberEpoch) || errors.Is(err, kerr.FencedMemberEpoch)
}

// commitError codes an error of the end of a transaction. Whatever it is short of a missing right, another member with
// a producer of its own can begin anew from what was committed: also where it is unknown whether this one was.
func commitError(err error, c *cluster.Connection) *fault.Error {
	if e := cluster.Coded(err, c); e.Code == fault.KafkaAuth || e.Code.Fate == fault.Transient {
		return e
	}
	return fault.New(fault.KafkaCommit, "%w", err)
}
