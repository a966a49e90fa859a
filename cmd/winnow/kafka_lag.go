package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/term"
	"github.com/winnow-stream/winnow/connectors/kafka"
	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

type kafkaLagCmd struct {
	Group string `arg:"" optional:"" help:"The consumer group. Default: that of the spec's source."`
	Watch bool   `short:"w" help:"Show it anew every second, until Ctrl-C."`
	JSON  bool   `help:"Print one JSON object for each partition."`
	kafkaFlags
}

// Help is the command's manual below its flags.
func (kafkaLagCmd) Help() string {
	return `Examples:

  winnow kafka lag winnow-tickets --brokers localhost:9092
  winnow kafka lag --spec tickets.yaml --watch

A partition that the group has committed nothing of counts from its first record.`
}

// lagEvery is how often --watch asks.
const lagEvery = time.Second

// Run asks once, or until it is interrupted.
func (c *kafkaLagCmd) Run(ctx context.Context, m *Main) error {
	if err := c.group(m); err != nil {
		return err
	}
	cl, conn, err := c.open(ctx, m)
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	if !c.Watch {
		lags, err := c.ask(ctx, adm, conn)
		if err != nil {
			return err
		}
		return c.print(m, lags)
	}
	ctx, stop := m.interruptible(ctx)
	defer stop()
	screen := term.NewScreen(m.Stdout, m.color)
	for {
		lags, err := c.ask(ctx, adm, conn)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case screen.Live() && !c.JSON:
			var b bytes.Buffer
			if err := lagTable(lags).Write(&b, screen.Style()); err != nil {
				return err
			}
			screen.Draw(strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"))
		default:
			if err := c.print(m, lags); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lagEvery):
		}
	}
}

// group takes the group from the spec where none is given.
func (c *kafkaLagCmd) group(m *Main) error {
	if c.Group != "" {
		return nil
	}
	if c.Spec == "" {
		return fault.New(fault.Usage, "no group is named").WithFix("name the group, or give --spec FILE")
	}
	s, err := (&specArgs{Spec: c.Spec}).load(m)
	if err != nil {
		return err
	}
	source, ok := s.Source.Config.(*kafka.SourceConfig)
	if !ok {
		return fault.New(fault.ConfigField, "its source is no topic, so it has no group").At(fault.Where{File: c.Spec}).WithFix("name the group")
	}
	c.Group = source.Group
	return nil
}

// lag is how far a group is in a partition.
type lag struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Committed int64  `json:"committed"` // -1: nothing
	End       int64  `json:"end"`
	Lag       int64  `json:"lag"`
	Member    string `json:"member,omitempty"` // client id and host; empty: nobody reads it
}

func (c *kafkaLagCmd) ask(ctx context.Context, adm *kadm.Client, conn *cluster.Connection) ([]lag, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	var group kadm.DescribedGroupLag
	err := cluster.Coordinated(ctx, func() error {
		all, err := adm.Lag(ctx, c.Group)
		if err != nil {
			return err
		}
		group = all[c.Group]
		return group.Error()
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, cluster.Coded(err, conn)
	}
	var lags []lag
	for _, l := range group.Lag.Sorted() {
		if l.Err != nil {
			return nil, cluster.Coded(l.Err, conn)
		}
		one := lag{Topic: l.Topic, Partition: l.Partition, Committed: l.Commit.At, End: l.End.Offset, Lag: l.Lag}
		if l.Member != nil {
			one.Member = l.Member.ClientID + " " + strings.TrimPrefix(l.Member.ClientHost, "/")
		}
		lags = append(lags, one)
	}
	if len(lags) == 0 {
		return nil, fault.New(fault.Usage, "the group %s has no members and has committed nothing", c.Group).WithFix("check its name")
	}
	return lags, nil
}

func (c *kafkaLagCmd) print(m *Main, lags []lag) error {
	if !c.JSON {
		return lagTable(lags).Write(m.Stdout, m.style())
	}
	for i := range lags {
		if err := json.NewEncoder(m.Stdout).Encode(&lags[i]); err != nil {
			return err
		}
	}
	return nil
}

func lagTable(lags []lag) *term.Table {
	t := &term.Table{
		Head:  []string{"topic", "partition", "committed", "end", "lag", "member"},
		Align: []term.Align{term.Left, term.Right, term.Right, term.Right, term.Right}, Flex: 5,
	}
	var total int64
	for _, l := range lags {
		committed, member := "–", l.Member
		if l.Committed >= 0 {
			committed = term.Count(l.Committed)
		}
		if member == "" {
			member = "nobody"
		}
		t.Row(l.Topic, strconv.Itoa(int(l.Partition)), committed, term.Count(l.End), term.Count(l.Lag), member)
		total += l.Lag
	}
	t.Row("total", strconv.Itoa(len(lags)), "", "", term.Count(total))
	return t
}
