package cluster

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// answer is what one seed broker made of a request.
type answer struct {
	address string
	cluster *kmsg.MetadataResponse
	err     error
}

// Reach asks all seed brokers at once whether they can be used, and is content with one. Where none can it says of each
// why, within seconds, instead of trying again as the client would; whatever a broker leaves open, such as who of the two
// speaks TLS, it finds out itself. The client is one that Options made.
func (c *Connection) Reach(ctx context.Context, cl *kgo.Client) error {
	failed := c.askSeeds(ctx, cl)
	if len(failed) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return Coded(ctx.Err(), c)
	}
	causes := make([]*fault.Error, len(failed))
	var all sync.WaitGroup
	for i, f := range failed {
		all.Go(func() { causes[i] = c.diagnose(ctx, f) })
	}
	all.Wait()
	return together(causes)
}

// askSeeds returns nothing once one of the seeds and one of the brokers that it speaks of can be reached, else each failure.
func (c *Connection) askSeeds(ctx context.Context, cl *kgo.Client) []answer {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	seeds := cl.SeedBrokers()
	addresses, _ := cl.OptValue(kgo.SeedBrokers).([]string)
	answers := make(chan answer, len(seeds))
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for i, seed := range seeds {
		all.Go(func() {
			// A broker answers this one only to those who are logged in.
			req := kmsg.NewPtrMetadataRequest()
			req.Topics = []kmsg.MetadataRequestTopic{}
			resp, err := seed.Request(ctx, req)
			a := answer{address: addresses[i], err: err}
			a.cluster, _ = resp.(*kmsg.MetadataResponse)
			answers <- a
		})
	}
	var failed []answer
	for range seeds {
		a := <-answers
		if a.err == nil {
			a.err = advertised(ctx, a.address, a.cluster.Brokers)
		}
		if a.err == nil {
			return nil
		}
		failed = append(failed, a)
	}
	return failed
}

// advertised reports that none of the brokers can be reached at the address by which the cluster tells clients to: it is
// the most common mistake of a cluster behind containers or tunnels.
func advertised(ctx context.Context, seed string, brokers []kmsg.MetadataResponseBroker) error {
	answers := make(chan error, len(brokers))
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, b := range brokers {
		all.Go(func() {
			address := net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err == nil {
				conn.Close()
			}
			answers <- err
		})
	}
	var errs []error
	for range brokers {
		err := <-answers
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil // a cluster that starts knows no broker yet
	}
	return fault.New(fault.KafkaUnreachable, "broker %s answers, but the addresses that the cluster tells clients to use can't be reached: %s",
		seed, oneLine(errors.Join(errs...))).WithFix("set advertised.listeners of the brokers to names that this machine can reach")
}

// diagnose says why one seed could not be used. The address stands before what it returns.
func (c *Connection) diagnose(ctx context.Context, failed answer) *fault.Error {
	alone := *c
	alone.Brokers = []string{failed.address}
	if !cut(failed.err) {
		return first(Coded(failed.err, &alone), failed.err)
	}
	plain, encrypted := probe(ctx, failed.address)
	switch {
	case c.TLS == nil && encrypted:
		return fault.New(fault.KafkaTLS, "%s: the listener speaks TLS, and the connection is without", alone.place()).WithFix(fixTLS)
	case c.TLS != nil && plain:
		return fault.New(fault.KafkaTLS, "%s: the listener speaks no TLS, and the connection is with TLS", alone.place()).WithFix(fixPlaintext)
	case c.SASL == nil && (plain || encrypted):
		return fault.New(fault.KafkaAuth, "%s: the listener ends connections that don't log in", alone.place()).
			WithFix("add sasl: with the mechanism and credentials, or use the port of a listener without SASL")
	// The listener is well and speaks as the connection does, so that it is the login that it dislikes: brokers before
	// Kafka 1.0, and some that are not Apache's, don't say so.
	case c.SASL != nil && (plain || encrypted) && !timedOut(failed.err):
		return fault.New(fault.KafkaAuth, "%s: the listener ends the connection at the login of %s", alone.place(), c.login())
	default:
		return Coded(failed.err, &alone)
	}
}

// first is an error of the first login: one about the token says what it would say of a password.
func first(e *fault.Error, err error) *fault.Error {
	if e.Code != fault.KafkaToken {
		return e
	}
	early := *e
	early.Code = fault.KafkaAuth
	if without, ok := errors.AsType[tokenError](err); ok {
		early.Code = Coded(without.error, nil).Code
	}
	return &early
}

// together makes one error of those of all seeds. A cause that lasts decides, since the others may only hide it.
func together(causes []*fault.Error) *fault.Error {
	first := causes[0]
	var said []string
	for _, e := range causes {
		if first.Code.Fate != fault.Fatal && e.Code.Fate == fault.Fatal {
			first = e
		}
		said = append(said, e.What)
	}
	if len(causes) == 1 {
		return first
	}
	joined := *first
	joined.What = "none of the brokers can be used: " + strings.Join(said, "; ")
	return &joined
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
