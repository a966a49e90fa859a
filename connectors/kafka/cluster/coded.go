package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Coded gives an error of a client its code, and with it its fate: nothing else in the Kafka connectors decides what is
// tried again. Errors that have a code come back as they are, nil gives nil (of the concrete type: compare before it
// becomes an error). The connection, nil where there is none at hand, is named in the message.
//
// A token that can't be had, or that the brokers refuse, is tried again: it expires by its nature, and is renewed by
// somebody else. Reach makes it final, since before it nothing has shown that the login is right.
func Coded(err error, c *Connection) *fault.Error {
	if err == nil {
		return nil
	}
	if without, ok := errors.AsType[tokenError](err); ok {
		e := *Coded(without.error, c)
		e.Code = fault.KafkaToken
		return &e
	}
	if coded, ok := fault.As(err); ok {
		return coded
	}
	if answer, ok := errors.AsType[*kerr.Error](err); ok {
		return ofBroker(answer, brief(err, answer), c)
	}
	err = brief(err, nil)
	if e := ofClient(err); e != nil {
		return e
	}
	if e := ofTLS(err, c); e != nil {
		return e
	}
	return ofNetwork(err, c)
}

// ofBroker decides on what a broker answered.
func ofBroker(answer *kerr.Error, err error, c *Connection) *fault.Error {
	switch answer {
	// The credentials are wrong, whichever broker is asked.
	case kerr.SaslAuthenticationFailed:
		const refused = "%s: the credentials of %s are refused: %w"
		if c != nil && c.SASL != nil && c.SASL.Mechanism == mechanismOAuth {
			return fault.New(fault.KafkaToken, refused, c.place(), c.login(), err).
				WithFix("check that the token has not expired, and that issuer, audience and scope are those that the brokers expect: their log names the reason")
		}
		return fault.New(fault.KafkaAuth, refused, c.place(), c.login(), err)
	// The listener takes no SASL at all, or not this mechanism.
	case kerr.IllegalSaslState:
		return fault.New(fault.KafkaAuth, "%s: the listener takes no SASL: %w", c.place(), err).
			WithFix("remove sasl:, or use the port of a listener with SASL")
	case kerr.UnsupportedSaslMechanism:
		return fault.New(fault.KafkaAuth, "%s: the listener does not take the mechanism of %s: %w", c.place(), c.login(), err).
			WithFix("use a mechanism that the broker has in sasl.enabled.mechanisms")
	// A right is missing until somebody grants it. The broker names no operation; CheckRights finds it out.
	case kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed,
		kerr.TransactionalIDAuthorizationFailed, kerr.DelegationTokenAuthorizationFailed:
		return fault.New(fault.KafkaAuth, "%s lacks a right on %s: %w", c.principal(), resource(answer), err).
			WithFix("grant it by an ACL, or log in as another user")

	// Topics come and go by an administrator's hand. The client has tried these again for a while already.
	case kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.InvalidTopicException, kerr.InconsistentTopicID:
		return fault.New(fault.KafkaTopicUnknown, "%w", err)

	// The group can never be joined like this.
	case kerr.InvalidGroupID, kerr.InconsistentGroupProtocol, kerr.UnsupportedAssignor, kerr.GroupMaxSizeReached,
		kerr.InvalidRegularExpression, kerr.GroupIDNotFound, kerr.NonEmptyGroup, kerr.GroupSubscribedToTopic:
		return fault.New(fault.KafkaGroup, "%w", err)
	case kerr.InvalidSessionTimeout:
		return fault.New(fault.KafkaGroup, "%w", err).
			WithFix("set session_timeout within the broker's group.min.session.timeout.ms and group.max.session.timeout.ms")

	// Another process has the partitions or the transactional id, or will let go of the instance id once its session
	// ends: what is not committed is read again.
	case kerr.FencedInstanceID, kerr.UnreleasedInstanceID, kerr.ProducerFenced, kerr.InvalidProducerEpoch,
		kerr.FencedMemberEpoch, kerr.StaleMemberEpoch, kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress:
		return fault.New(fault.KafkaFenced, "%w", err)

	// The transaction is lost, the producer gets a new one.
	case kerr.InvalidTxnState, kerr.ConcurrentTransactions, kerr.TransactionAbortable, kerr.TransactionCoordinatorFenced,
		kerr.TransactionalIDNotFound, kerr.UnknownProducerID, kerr.InvalidProducerIDMapping, kerr.OutOfOrderSequenceNumber,
		kerr.DuplicateSequenceNumber, kerr.UnstableOffsetCommit:
		return fault.New(fault.KafkaCommit, "%w", err)

	// Bytes on the broker's disk are damaged, or retention took them.
	case kerr.CorruptMessage:
		return fault.New(fault.KafkaCorrupt, "%w", err)
	case kerr.OffsetOutOfRange:
		return fault.New(fault.KafkaDataLost, "%w", err)

	// One record is at fault.
	case kerr.MessageTooLarge, kerr.RecordListTooLarge:
		return fault.New(fault.RecordTooLarge, "the broker takes no record of this size: %w", err).
			WithFix("raise the topic's max.message.bytes")

	// Too few replicas are in step, or the broker's disk fails: that passes, or its leader moves.
	case kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.KafkaStorageError:
		return fault.New(fault.KafkaWrite, "%w", err)

	// The broker failed for a reason of its own that it does not tell.
	case kerr.UnknownServerError:
		return fault.New(fault.KafkaUnreachable, "%s: %w", c.place(), err).WithFix("see the broker's log")
	case kerr.InvalidTransactionTimeout:
		return fault.New(fault.KafkaUnsupported, "%w", err).
			WithFix("set transaction_timeout below the broker's transaction.max.timeout.ms")
	}
	// Elections, moved coordinators, brokers that start or throttle: Kafka itself says that they pass.
	if answer.Retriable {
		return fault.New(fault.KafkaUnreachable, "%s: %w", c.place(), err).WithFix("see the message; the pipeline tries again by itself")
	}
	// What is left refuses the request itself, and would again: versions, settings, policies, records without a key for a
	// compacted topic.
	return fault.New(fault.KafkaUnsupported, "%s: %w", c.place(), err)
}

// ofClient decides on what franz-go says of its own; nil for anything else.
func ofClient(err error) *fault.Error {
	if e, ok := errors.AsType[*kgo.ErrDataLoss](err); ok {
		return fault.New(fault.KafkaDataLost, "%w", err).At(partition(e.Topic, e.Partition, e.ConsumedTo))
	}
	if e, ok := errors.AsType[*kgo.ErrDecompressTooLarge](err); ok {
		return fault.New(fault.InputTooLarge, "the batch inflates beyond what a client takes: %w", err).
			At(partition(e.Topic, e.Partition, e.Offset)).WithFix("skip the batch, or write it anew with smaller batches")
	}
	switch text := err.Error(); {
	// The client is closed and requests are canceled by winnow itself, when it stops.
	case errors.Is(err, context.Canceled), errors.Is(err, kgo.ErrClientClosed):
		return fault.New(fault.RunInterrupted, "stopped: %w", err)
	// The client gave up on records; they are not acknowledged, and are written again.
	case errors.Is(err, kgo.ErrRecordTimeout), errors.Is(err, kgo.ErrRecordRetries), errors.Is(err, kgo.ErrMaxBuffered):
		return fault.New(fault.KafkaWrite, "%w", err)
	case errors.Is(err, kgo.ErrAborting):
		return fault.New(fault.KafkaCommit, "%w", err)
	// These have no type that could be asked for.
	case strings.Contains(text, "does not match calculated crc"), strings.Contains(text, "unable to decompress batch"):
		return fault.New(fault.KafkaCorrupt, "%w", err)
	case strings.Contains(text, "broker is too old"):
		return fault.New(fault.KafkaUnsupported, "%w", err).WithFix("winnow needs Apache Kafka 2.5 or newer, or what speaks like it")
	default:
		return nil
	}
}

// ofNetwork decides on what is left: no broker could be talked to, or nobody foresaw the error.
func ofNetwork(err error, c *Connection) *fault.Error {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		why := e.Err
		if e.IsNotFound {
			why = "no such host"
		}
		return fault.New(fault.KafkaUnreachable, "%s: the name %s can't be resolved: %w", c.place(), e.Name, reworded{err, why}).
			WithFix("check the names in brokers: and the DNS; brokers may also advertise such a name")
	}
	_, network := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.KafkaUnreachable, "%s: no answer in time: %w", c.place(), err)
	// Brokers also end connections when they restart, so that an end is no sign of a wrong setting here, where nothing
	// looks further; Reach does.
	case network, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), kgo.IsRetryableBrokerErr(err):
		return fault.New(fault.KafkaUnreachable, "%s: %w", c.place(), err)
	default:
		return fault.New(fault.Internal, "%s: %w", c.place(), err)
	}
}

// reworded is a cause under another text: errors.Is and errors.As still find it.
type reworded struct {
	error
	text string
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }

// brief leaves out of a cause's text what says nothing new: that a dial was one, and what an answer means in general where
// the broker said what it means here.
func brief(err error, answer *kerr.Error) error {
	text := strings.Replace(err.Error(), "unable to dial: ", "", 1)
	if answer != nil {
		text = strings.Replace(text, answer.Error()+": ", "", 1)
	}
	return reworded{err, text}
}

func partition(topic string, partition int32, offset int64) fault.Where {
	return fault.Where{File: topicPartition(topic, partition), Offset: offset, HasOffset: true}
}

// resource is what an authorization error is about.
func resource(answer *kerr.Error) string {
	switch answer {
	case kerr.TopicAuthorizationFailed:
		return "a topic"
	case kerr.GroupAuthorizationFailed:
		return "the group"
	case kerr.TransactionalIDAuthorizationFailed:
		return "the transactional id"
	default:
		return "the cluster"
	}
}
