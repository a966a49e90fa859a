package kafka

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// member is one membership in the group. The engine's goroutines call Next and Commit, also at once; the client's call
// place, revoked and lost at any time.
type member struct {
	src     *Source
	cl      *kgo.Client
	tx      *kgo.GroupTransactSession // nil: the sinks don't write in its transactions
	open    pipeline.JoinOptions
	build   *batchBuilder
	bounds  map[string]int64 // by split; nil: without an end
	stop    context.CancelFunc
	done    sync.WaitGroup
	leaving atomic.Bool // nobody ends epochs any more

	// fetching is held while the client is polled, and while a transaction ends: the client does not allow both at once.
	fetching sync.Mutex

	mu      sync.Mutex
	ready   []*pipeline.Batch      // guarded by mu; read and not handed out yet
	rewinds int64                  // guarded by mu; how often the member has gone back to what was committed
	ending  chan struct{}          // guarded by mu; closed when the commit that runs is over; nil: none runs
	held    map[partition]*holding // guarded by mu
	joined  bool                   // guarded by mu; partitions were assigned once
	moving  bool                   // guarded by mu; the epoch has to end
	moves   int64                  // guarded by mu; how often it had to
	wake    context.CancelFunc     // guarded by mu; interrupts the poll that waits
	ended   chan struct{}          // guarded by mu; closed when the epoch has ended: whoever gives partitions back waits for it
}

var (
	_ pipeline.Stream     = (*member)(nil)
	_ pipeline.Overlapper = (*member)(nil)
)

type partition struct {
	topic  string
	number int32
}

// holding is a partition that the member holds.
type holding struct {
	split *pipeline.Split
	next  int64 // offset to be read next; -1 until the first record where it is not known
	high  int64 // offset after the last record that can be read; -1 while unknown
	lost  int64 // records that were gone before they could be read
}

func newMember(s *Source, o pipeline.JoinOptions) *member {
	return &member{
		src: s, open: o, build: newBatchBuilder(s.cfg, o.Want), held: make(map[partition]*holding), ended: make(chan struct{}),
	}
}

// Next returns the next batch of a partition. While a commit runs it hands out what is read already.
func (m *member) Next(ctx context.Context) (*pipeline.Batch, error) {
	for {
		b, ending, moving := m.pop()
		switch {
		case moving:
			return nil, pipeline.ErrReassigned
		case b != nil:
			return b, nil
		case ending != nil:
			select {
			case <-ending:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		case m.finished():
			return nil, io.EOF
		}
		if err := m.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// Rewinds is how often the member has gone back to what was committed.
func (m *member) Rewinds() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rewinds
}

// pop hands out a batch that is read already, unless the epoch has to end. Ending is not nil while a commit runs.
func (m *member) pop() (b *pipeline.Batch, ending <-chan struct{}, moving bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.moving && m.ending == nil {
		return nil, nil, true
	}
	for len(m.ready) > 0 {
		b = m.ready[0]
		m.ready = m.ready[1:]
		if m.holds(b.Split) {
			b.Rewinds = m.rewinds
			return b, nil, false
		}
		b.Record.Release()
	}
	return nil, m.ending, false
}

// finished reports whether every partition that the member holds is read to its end.
func (m *member) finished() bool {
	if m.bounds == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.held {
		if end, ok := m.bounds[h.split.ID]; ok && h.next < end {
			return false
		}
	}
	return m.joined
}

// poll reads what there is into ready.
func (m *member) poll(ctx context.Context) error {
	m.fetching.Lock()
	defer m.fetching.Unlock()
	polling, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	m.wake = cancel
	stop := m.moving || m.ending != nil
	m.mu.Unlock()
	if stop {
		return nil
	}
	if m.bounds != nil { // partitions may come without a record to read: look again soon
		var done context.CancelFunc
		polling, done = context.WithTimeout(polling, 4*fetchWait)
		defer done()
	}
	fetches := m.cl.PollRecords(polling, pollRecords)
	if ctx.Err() != nil && fetches.NumRecords() == 0 {
		return ctx.Err()
	}
	if err := m.failure(fetches); err != nil {
		return err
	}
	var err error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if err == nil {
			err = m.take(ctx, p)
		}
	})
	return err
}

// take makes batches of a partition's records.
func (m *member) take(ctx context.Context, p kgo.FetchTopicPartition) error {
	m.mu.Lock()
	h := m.held[partition{p.Topic, p.Partition}]
	if h == nil { // taken away meanwhile
		m.mu.Unlock()
		return nil
	}
	if h.high = p.HighWatermark; m.src.cfg.Isolation == readCommitted && p.LastStableOffset >= 0 {
		h.high = p.LastStableOffset
	}
	m.skip(h, p.LogStartOffset)
	next, high := h.next, h.high
	m.mu.Unlock()
	if len(p.Records) == 0 {
		return nil
	}
	if first := p.Records[0].Offset; next < 0 {
		next = first
	} else if first < next {
		return fault.New(fault.Internal, "record %d of %s comes after %d", first, h.split.ID, next)
	}
	end := int64(-1)
	if m.bounds != nil {
		var ok bool
		if end, ok = m.bounds[h.split.ID]; !ok {
			return nil
		}
	}
	if m.src.cfg.replay != nil {
		m.revive(ctx, p.Records, end)
	}
	batches, next := m.build.batches(h.split, p.Records, next, end, high)
	m.mu.Lock()
	m.ready = append(m.ready, batches...)
	h.next = next
	m.mu.Unlock()
	return nil
}

// skip passes over records that are gone, where the source says so: the client begins at the partition's first then. The
// gap is counted and told. Callers hold mu.
func (m *member) skip(h *holding, first int64) {
	if m.src.cfg.OnDataLoss != lossSkip || h.next < 0 || first <= h.next {
		return
	}
	m.src.log.Warn().Str("split", h.split.ID).Int64("from", h.next).Int64("to", first).Int64("records", first-h.next).
		Msg("records are gone: going on with the first that is there")
	h.lost += first - h.next
	h.next = first
}

// failure judges what a poll failed with. A group that can't be joined or a broker that can't be dialled right now
// comes as the error of a fetch; the client goes on trying, so that alone ends nothing.
func (m *member) failure(fetches kgo.Fetches) error {
	for _, e := range fetches.Errors() {
		var lost *kgo.ErrDataLoss
		coded := cluster.Coded(e.Err, &m.src.cfg.Connection)
		switch {
		case errors.Is(e.Err, context.Canceled):
			continue
		case coded.Code == fault.KafkaToken: // a new member logs in anew, and the status says why for as long as that fails
			return coded
		case errors.Is(e.Err, context.DeadlineExceeded):
			continue
		case errors.Is(e.Err, kgo.ErrClientClosed):
			return fault.New(fault.KafkaCommit, "the member was closed")
		case errors.As(e.Err, &lost), errors.Is(e.Err, kerr.OffsetOutOfRange):
			if m.src.cfg.OnDataLoss == lossSkip {
				continue // the client goes on by itself, and skip tells of it
			}
			return m.dataLost(e)
		}
		if coded.Code.Fate == fault.Transient {
			m.src.log.Warn().Str("topic", e.Topic).Int32("partition", e.Partition).Err(e.Err).Msg("reading is held up")
			continue
		}
		if e.Topic != "" {
			coded = coded.At(fault.Where{File: makeSplitID(e.Topic, e.Partition)})
		}
		return coded
	}
	return nil
}

// dataLost tells which records are gone.
func (m *member) dataLost(e kgo.FetchError) error {
	id := makeSplitID(e.Topic, e.Partition)
	where := fault.Where{File: id}
	m.mu.Lock()
	next := int64(-1)
	if h := m.held[partition{e.Topic, e.Partition}]; h != nil {
		next = h.next
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	if admin, err := m.src.adminClient(ctx); err == nil {
		if starts, err := kadm.NewClient(admin).ListStartOffsets(ctx, e.Topic); err == nil {
			if s, ok := starts.Lookup(e.Topic, e.Partition); ok && next >= 0 && s.Offset > next {
				return fault.New(fault.KafkaDataLost, "offsets %d to %d are gone; the partition begins at %d", next, s.Offset-1, s.Offset).At(where)
			}
		}
		if ends, err := kadm.NewClient(admin).ListEndOffsets(ctx, e.Topic); err == nil {
			if s, ok := ends.Lookup(e.Topic, e.Partition); ok && next > s.Offset {
				return fault.New(fault.KafkaDataLost, "the group stands at offset %d, and the partition ends at %d: the topic was made anew or cut", next, s.Offset).At(where)
			}
		}
	}
	return fault.New(fault.KafkaDataLost, "offset %d: %w", next, e.Err).At(where)
}

// Held are the partitions that the member holds now, by name.
func (m *member) Held() []pipeline.Holding {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]pipeline.Holding, 0, len(m.held))
	for _, p := range slices.SortedFunc(maps.Keys(m.held), partition.compare) {
		list = append(list, pipeline.Holding{Split: m.held[p].split, High: m.held[p].high, Lost: m.held[p].lost})
	}
	return list
}

// watch asks for the partitions' ends now and then: what is not read has a lag too.
func (m *member) watch(admin *kgo.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	m.stop = cancel
	m.done.Go(func() {
		tick := time.NewTicker(lagEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				m.lookAtEnds(ctx, kadm.NewClient(admin))
			}
		}
	})
}

func (m *member) lookAtEnds(ctx context.Context, adm *kadm.Client) {
	ctx, cancel := context.WithTimeout(ctx, lagEvery)
	defer cancel()
	topics := make(map[string]bool)
	m.mu.Lock()
	for p := range m.held {
		topics[p.topic] = true
	}
	m.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	list := adm.ListEndOffsets
	if m.src.cfg.Isolation == readCommitted {
		list = adm.ListCommittedOffsets
	}
	ends, err := list(ctx, slices.Sorted(maps.Keys(topics))...)
	if err != nil { // the next time, or what is read, will tell
		return
	}
	var starts kadm.ListedOffsets
	if m.src.cfg.OnDataLoss == lossSkip { // a partition that was emptied gives no record that would tell
		if starts, err = adm.ListStartOffsets(ctx, slices.Sorted(maps.Keys(topics))...); err != nil {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	starts.Each(func(l kadm.ListedOffset) {
		if h := m.held[partition{l.Topic, l.Partition}]; h != nil && l.Err == nil && l.Offset >= h.high {
			m.skip(h, l.Offset)
		}
	})
	ends.Each(func(l kadm.ListedOffset) {
		if h := m.held[partition{l.Topic, l.Partition}]; h != nil && l.Err == nil {
			h.high = max(h.high, l.Offset)
		}
	})
}

// Close leaves the group. What was read and not handed out is dropped; an open transaction is aborted.
func (m *member) Close() error {
	m.stop()
	m.done.Wait()
	m.src.setClient(nil)
	m.leaving.Store(true)
	m.mu.Lock()
	moves := m.moves
	m.mu.Unlock()
	m.endEpoch(moves) // nobody commits any more
	m.mu.Lock()
	m.drop(func(*pipeline.Batch) bool { return true })
	m.mu.Unlock()
	if m.tx != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if _, err := m.tx.End(ctx, kgo.TryAbort); err != nil {
			m.src.log.Debug().Err(err).Msg("aborting a transaction at the end")
		}
	}
	m.cl.CloseAllowingRebalance()
	return nil
}

// drop forgets batches that are ready. Callers hold mu.
func (m *member) drop(which func(*pipeline.Batch) bool) {
	m.ready = slices.DeleteFunc(m.ready, func(b *pipeline.Batch) bool {
		if !which(b) {
			return false
		}
		b.Record.Release()
		return true
	})
}
