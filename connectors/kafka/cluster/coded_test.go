package cluster_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestCoded(t *testing.T) {
	conn := &cluster.Connection{Brokers: []string{"a", "b"}, SASL: &cluster.SASL{Mechanism: "PLAIN", User: "app", Password: secret}}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	alert := &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}
	for _, test := range []struct {
		err  error
		code *fault.Code
		want string
	}{
		{kerr.SaslAuthenticationFailed, fault.KafkaAuth, "brokers a:9092, b:9092: the credentials of user app (PLAIN) are refused: SASL_AUTHENTICATION_FAILED"},
		{fmt.Errorf("%w: Invalid username", kerr.SaslAuthenticationFailed), fault.KafkaAuth, "are refused: Invalid username"},
		{kerr.IllegalSaslState, fault.KafkaAuth, "takes no SASL"},
		{kerr.UnsupportedSaslMechanism, fault.KafkaAuth, "does not take the mechanism of user app (PLAIN)"},
		{fmt.Errorf("topic tickets: %w", kerr.TopicAuthorizationFailed), fault.KafkaAuth, "User:app lacks a right on a topic: topic tickets: "},
		{kerr.GroupAuthorizationFailed, fault.KafkaAuth, "User:app lacks a right on the group"},
		{kerr.TransactionalIDAuthorizationFailed, fault.KafkaAuth, "User:app lacks a right on the transactional id"},
		{kerr.ClusterAuthorizationFailed, fault.KafkaAuth, "User:app lacks a right on the cluster"},
		{kerr.UnknownTopicOrPartition, fault.KafkaTopicUnknown, ""},
		{kerr.InvalidTopicException, fault.KafkaTopicUnknown, ""},
		{kerr.InvalidGroupID, fault.KafkaGroup, ""},
		{&kgo.ErrGroupSession{Err: kerr.InconsistentGroupProtocol}, fault.KafkaGroup, ""},
		{kerr.InvalidSessionTimeout, fault.KafkaGroup, ""},
		{kerr.FencedInstanceID, fault.KafkaFenced, ""},
		{kerr.UnreleasedInstanceID, fault.KafkaFenced, ""},
		{kerr.ProducerFenced, fault.KafkaFenced, ""},
		{kerr.InvalidProducerEpoch, fault.KafkaFenced, ""},
		{kerr.RebalanceInProgress, fault.KafkaFenced, ""},
		{kerr.IllegalGeneration, fault.KafkaFenced, ""},
		{kerr.InvalidTxnState, fault.KafkaCommit, ""},
		{kerr.TransactionAbortable, fault.KafkaCommit, ""},
		{kerr.OutOfOrderSequenceNumber, fault.KafkaCommit, ""},
		{kgo.ErrAborting, fault.KafkaCommit, ""},
		{kerr.CorruptMessage, fault.KafkaCorrupt, ""},
		{errors.New("encoded crc 1 does not match calculated crc 2"), fault.KafkaCorrupt, ""},
		{errors.New("unable to decompress batch: invalid input"), fault.KafkaCorrupt, ""},
		{kerr.OffsetOutOfRange, fault.KafkaDataLost, ""},
		{&kgo.ErrDataLoss{Topic: "t", Partition: 3, ConsumedTo: 17, ResetTo: 20}, fault.KafkaDataLost, "t/3 offset 17"},
		{&kgo.ErrDecompressTooLarge{Topic: "t", Partition: 3, Offset: 17}, fault.InputTooLarge, "t/3 offset 17"},
		{kerr.MessageTooLarge, fault.RecordTooLarge, ""},
		{kerr.NotEnoughReplicas, fault.KafkaWrite, ""},
		{kgo.ErrRecordTimeout, fault.KafkaWrite, ""},
		{kerr.CoordinatorNotAvailable, fault.KafkaUnreachable, "brokers a:9092, b:9092"},
		{kerr.LeaderNotAvailable, fault.KafkaUnreachable, ""},
		{kerr.UnknownServerError, fault.KafkaUnreachable, ""},
		{kerr.UnsupportedVersion, fault.KafkaUnsupported, ""},
		{kerr.InvalidTransactionTimeout, fault.KafkaUnsupported, ""},
		{kerr.PolicyViolation, fault.KafkaUnsupported, ""},
		{errors.New("broker is too old; the broker has already indicated"), fault.KafkaUnsupported, ""},
		{context.Canceled, fault.RunInterrupted, ""},
		{kgo.ErrClientClosed, fault.RunInterrupted, ""},
		{x509.UnknownAuthorityError{}, fault.KafkaTLS, "not trusted"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "a"}}, fault.KafkaTLS, "for another name"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, fault.KafkaTLS, "not valid now"},
		{x509.CertificateInvalidError{Reason: x509.TooManyIntermediates}, fault.KafkaTLS, "can't be accepted"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, fault.KafkaTLS, "speaks no TLS"},
		{alert, fault.KafkaTLS, "wants a client certificate"},
		{errors.New("tls: server selected unsupported protocol version 301"), fault.KafkaTLS, "the TLS handshake failed"},
		{errors.New("invalid large response size; is this a plaintext connection speaking to a tls endpoint?"), fault.KafkaTLS, "the listener speaks TLS"},
		{fmt.Errorf("unable to dial: %w", refused), fault.KafkaUnreachable, "brokers a:9092, b:9092: dial tcp: connect: connection refused"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "kafka.invalid", IsNotFound: true, Server: "10.0.0.1:53"}}, fault.KafkaUnreachable, "the name kafka.invalid can't be resolved: no such host"},
		{context.DeadlineExceeded, fault.KafkaUnreachable, "no answer in time"},
		{io.EOF, fault.KafkaUnreachable, ""},
		{io.ErrUnexpectedEOF, fault.KafkaUnreachable, ""},
		{errors.New("something else"), fault.Internal, "something else"},
	} {
		for _, err := range []error{test.err, fmt.Errorf("read: %w", test.err)} {
			got := cluster.Coded(err, conn)
			if got.Code != test.code || !strings.Contains(strings.ReplaceAll(got.Error(), "read: ", ""), test.want) || !errors.Is(got, test.err) {
				t.Errorf("%v: got %v, want %s: %s", err, got, test.code.ID, test.want)
			}
			if got.Remedy() == "" || strings.Contains(got.Explain(), "hunter2") {
				t.Errorf("%v: remedy %q", got, got.Remedy())
			}
			if alone := cluster.Coded(err, nil); alone.Code != test.code {
				t.Errorf("%v without a connection: %v", err, alone)
			}
		}
	}
	if cluster.Coded(nil, conn) != nil {
		t.Error("nil is an error")
	}
	own := fault.New(fault.RecordJSON, "unexpected end")
	if got := cluster.Coded(fmt.Errorf("decode: %w", own), conn); got != own {
		t.Errorf("a coded error became %v", got)
	}
}

// Every answer that Kafka knows has a fate: none is left to internal.
func TestCodedAnswers(t *testing.T) {
	for code := int16(-1); code < 200; code++ {
		err := kerr.ErrorForCode(code)
		if err == nil || code != -1 && errors.Is(err, kerr.UnknownServerError) {
			continue
		}
		if e := cluster.Coded(err, nil); e.Code == fault.Internal {
			t.Errorf("%v has no code", err)
		}
	}
}

// A client certificate that is refused is told from one that is missing.
func TestCodedClientCertificate(t *testing.T) {
	conn := &cluster.Connection{Brokers: []string{"a"}, TLS: &cluster.TLS{Cert: "c", Key: "k"}}
	for text, want := range map[string]string{
		"tls: unknown certificate authority": "does not accept the client's certificate",
		"tls: handshake failure":             "the broker ended the TLS handshake: remote error: tls: handshake failure",
	} {
		if e := cluster.Coded(&net.OpError{Op: "remote error", Err: errors.New(text)}, conn); e.Code != fault.KafkaTLS || !strings.Contains(e.What, want) {
			t.Errorf("got %v, want %s", e, want)
		}
	}
}
