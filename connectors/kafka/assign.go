package kafka

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
)

func (p partition) compare(o partition) int {
	return cmp.Or(strings.Compare(p.topic, o.topic), cmp.Compare(p.number, o.number))
}

// place is told where the group stands in partitions that the member gets, and says where it goes on.
func (m *member) place(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	var starts kadm.ListedOffsets // of partitions whose place is not a number yet
	for topic, partitions := range offsets {
		for number, offset := range partitions {
			p := partition{topic, number}
			id := makeSplitID(topic, number)
			split := &pipeline.Split{ID: id, File: id, End: -1}
			next := offset.EpochOffset().Offset
			if next < 0 {
				if at, ok := m.src.cfg.StartOffsets[id]; ok {
					next = at
					offset = kgo.NewOffset().At(at)
				}
			}
			if m.open.Resume != nil {
				at, err := m.open.Resume(ctx, split, next)
				if err != nil {
					return nil, err
				}
				if at >= 0 && at != next {
					next = at
					offset = kgo.NewOffset().At(at)
				}
			}
			// An empty partition gives no record that would tell where it begins, and dead letters may have been purged.
			if m.bounds != nil && (next < 0 || m.src.cfg.replay != nil) {
				if starts == nil {
					var err error
					if starts, err = m.firsts(ctx, offsets); err != nil {
						return nil, err
					}
				}
				if l, ok := starts.Lookup(topic, number); ok && l.Offset > next {
					next = l.Offset
					if m.src.cfg.replay != nil {
						offset = kgo.NewOffset().At(next)
					}
				}
			}
			split.Start = next
			if end, ok := m.bounds[id]; ok {
				split.End = end
			}
			partitions[number] = offset
			m.mu.Lock()
			m.held[p] = &holding{split: split, next: next, high: -1}
			m.mu.Unlock()
		}
	}
	m.mu.Lock()
	m.joined = true
	m.mu.Unlock()
	return offsets, nil
}

// firsts are the places where partitions without a place of the group's are begun.
func (m *member) firsts(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (kadm.ListedOffsets, error) {
	var topics []string
	for t := range offsets {
		topics = append(topics, t)
	}
	admin, err := m.src.adminClient(ctx)
	if err != nil {
		return nil, err
	}
	adm := kadm.NewClient(admin)
	name, millis, err := place(m.src.cfg.Start)
	if err != nil {
		return nil, err
	}
	var listed kadm.ListedOffsets
	switch name {
	case latest:
		listed, err = adm.ListEndOffsets(ctx, topics...)
	case earliest:
		listed, err = adm.ListStartOffsets(ctx, topics...)
	default:
		listed, err = adm.ListOffsetsAfterMilli(ctx, millis, topics...)
	}
	if err != nil {
		return nil, cluster.Coded(err, &m.src.cfg.Connection)
	}
	return listed, nil
}

// revoked is told of partitions that the group takes back. Without a transaction it waits until what was read of them
// is committed: the next member begins there. With one, the session aborts the transaction, and must not be waited for.
func (m *member) revoked(ctx context.Context, _ *kgo.Client, taken map[string][]int32) {
	if len(taken) == 0 {
		return
	}
	ended := m.move()
	if m.tx == nil && !m.leaving.Load() {
		wait := time.NewTimer(rebalanceTimeout / 2)
		defer wait.Stop()
		select {
		case <-ended:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	m.remove(taken)
}

// lost is told of partitions that others may have already: nothing of them can be committed.
func (m *member) lost(_ context.Context, _ *kgo.Client, taken map[string][]int32) {
	if len(taken) == 0 {
		return
	}
	m.remove(taken)
	m.move()
}

// move asks for the end of the epoch and returns what is closed then.
func (m *member) move() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.moving = true
	m.moves++
	if m.wake != nil {
		m.wake()
	}
	return m.ended
}

// endEpoch lets those go on who waited for it when its commit began, after so many moves: who came later waits for the
// next one.
func (m *member) endEpoch(moves int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moves == moves {
		m.moving = false
		close(m.ended)
		m.ended = make(chan struct{})
	}
	if m.ending != nil {
		close(m.ending)
		m.ending = nil
	}
}

func (m *member) remove(taken map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for topic, numbers := range taken {
		for _, n := range numbers {
			delete(m.held, partition{topic, n})
		}
	}
}
