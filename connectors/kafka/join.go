package kafka

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Splits lists the partitions with where the group stands in them, for explain.
func (s *Source) Splits(ctx context.Context) ([]*pipeline.Split, error) {
	cl, err := s.adminClient(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	adm := kadm.NewClient(cl)
	ends, err := s.ends(ctx, adm)
	if err != nil {
		return nil, err
	}
	starts, err := adm.ListStartOffsets(ctx, s.topics...)
	if err != nil {
		return nil, cluster.Coded(err, &s.cfg.Connection)
	}
	done, err := cluster.Committed(ctx, cl, s.cfg.Group)
	if err != nil {
		return nil, cluster.Coded(err, &s.cfg.Connection)
	}
	var splits []*pipeline.Split
	for _, l := range starts.Offsets().Sorted() {
		split := &pipeline.Split{ID: makeSplitID(l.Topic, l.Partition), File: makeSplitID(l.Topic, l.Partition), Start: l.At, End: -1}
		if o, ok := done.Lookup(l.Topic, l.Partition); ok && o.At >= 0 {
			split.Start = o.At
		}
		if end, bounded := ends[split.ID]; bounded {
			split.End = end
		}
		splits = append(splits, split)
	}
	return splits, nil
}

// ends are where the partitions of a bounded read end, by split; nil without an end.
func (s *Source) ends(ctx context.Context, adm *kadm.Client) (map[string]int64, error) {
	if s.cfg.Until == "" && len(s.cfg.UntilOffsets) == 0 {
		return nil, nil
	}
	if len(s.cfg.UntilOffsets) > 0 {
		return s.cfg.UntilOffsets, nil
	}
	var listed kadm.ListedOffsets
	name, millis, err := place(s.cfg.Until)
	switch {
	case err != nil:
		return nil, err
	case name == latest && s.cfg.Isolation == readCommitted:
		listed, err = adm.ListCommittedOffsets(ctx, s.topics...)
	case name == latest:
		listed, err = adm.ListEndOffsets(ctx, s.topics...)
	default:
		listed, err = adm.ListOffsetsAfterMilli(ctx, millis, s.topics...)
	}
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, cluster.Coded(err, &s.cfg.Connection)
	}
	ends := make(map[string]int64)
	listed.Each(func(l kadm.ListedOffset) { ends[makeSplitID(l.Topic, l.Partition)] = l.Offset })
	return ends, nil
}

// Join makes a member. Its client takes part in the group from here on.
func (s *Source) Join(ctx context.Context, o pipeline.JoinOptions) (pipeline.Stream, error) {
	admin, err := s.adminClient(ctx)
	if err != nil {
		return nil, err
	}
	m := newMember(s, o)
	adm := kadm.NewClient(admin)
	asking, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if s.cfg.Until != "" && s.bounds == nil { // where it ends is decided once for the run
		if s.bounds, err = s.ends(asking, adm); err != nil {
			return nil, err
		}
	} else if len(s.cfg.UntilOffsets) > 0 {
		s.bounds = s.cfg.UntilOffsets
	}
	m.bounds = s.bounds
	opts, err := s.options(m)
	if err != nil {
		return nil, err
	}
	if s.transactional() {
		m.tx, err = kgo.NewGroupTransactSession(opts...)
		if err == nil {
			m.cl = m.tx.Client()
		}
	} else {
		m.cl, err = kgo.NewClient(opts...)
	}
	if err != nil {
		return nil, fault.New(fault.ConfigField, "%w", err)
	}
	if m.tx != nil {
		if err := m.tx.Begin(); err != nil {
			m.cl.Close()
			return nil, cluster.Coded(err, &s.cfg.Connection)
		}
	}
	s.setClient(m.cl)
	m.watch(admin)
	return m, nil
}

// options are what the member's client is made with.
func (s *Source) options(m *member) ([]kgo.Opt, error) {
	c := &s.cfg
	opts, err := c.Options(s.log)
	if err != nil {
		return nil, err
	}
	start, err := s.startOffset()
	if err != nil {
		return nil, err
	}
	opts = append(opts,
		kgo.ConsumerGroup(c.Group),
		kgo.SessionTimeout(c.SessionTimeout.Std()), kgo.HeartbeatInterval(c.SessionTimeout.Std()/5),
		kgo.RebalanceTimeout(max(rebalanceTimeout, c.SessionTimeout.Std())),
		kgo.ConsumeStartOffset(start),
		kgo.MetadataMaxAge(c.Refresh.Std()), kgo.MetadataMinAge(min(c.Refresh.Std(), fastestRefresh)),
		kgo.FetchMaxWait(fetchWait), kgo.FetchMinBytes(fetchMin),
		kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(partitionBytes),
		kgo.WithPools(new(recordPool)),
		// Markers take offsets too: with them a partition that is read to its end is at its end.
		kgo.KeepControlRecords(),
		kgo.AdjustFetchOffsetsFn(m.place),
		kgo.OnPartitionsRevoked(m.revoked), kgo.OnPartitionsLost(m.lost),
	)
	if c.TopicsRegex != "" {
		opts = append(opts, kgo.ConsumeRegex(), kgo.ConsumeTopics(c.TopicsRegex))
	} else {
		opts = append(opts, kgo.ConsumeTopics(c.Topics...))
	}
	if c.Isolation == readCommitted {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	if c.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(c.InstanceID))
	}
	if c.Rebalance == rebalanceBroker {
		opts = append(opts, kgo.ServerSideBalancer())
	} else {
		opts = append(opts, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	}
	if c.OnDataLoss == lossSkip {
		opts = append(opts, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	} else {
		opts = append(opts, kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	}
	if !s.transactional() {
		return append(opts, kgo.DisableAutoCommit()), nil
	}
	opts = append(opts, kgo.TransactionalID(s.transactionalID()), kgo.TransactionTimeout(c.TransactionTimeout.Std()))
	return append(opts, producing(s.sinks)...), nil
}

// startOffset is where a partition is begun that the group has no offset for.
func (s *Source) startOffset() (kgo.Offset, error) {
	name, millis, err := place(s.cfg.Start)
	switch {
	case err != nil:
		return kgo.Offset{}, err
	case name == latest:
		return kgo.NewOffset().AtEnd(), nil
	case name == earliest:
		return kgo.NewOffset().AtStart(), nil
	default:
		return kgo.NewOffset().AfterMilli(millis), nil
	}
}

// transactionalID names the member's transactions. With an instance_id it is the same after a restart, so that the
// process before it is fenced at once; without, each member has its own, and the group's generation fences (KIP-447).
func (s *Source) transactionalID() string {
	if s.cfg.InstanceID != "" {
		return "winnow-" + s.cfg.Group + "-" + s.cfg.InstanceID
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("winnow-%s-%s-%d-%s", s.cfg.Group, host, os.Getpid(), randomWord())
}

func randomWord() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
