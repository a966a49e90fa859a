//go:build integration

package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
	"github.com/winnow-stream/winnow/test/broker"
)

func TestReach(t *testing.T) {
	encrypted := func() *cluster.TLS { return &cluster.TLS{CA: kafka.CA} }
	for _, test := range []struct {
		name string
		conn cluster.Connection
		code *fault.Code // nil: it works
		want []string    // parts of the error and its remedy
	}{
		{name: "plaintext", conn: cluster.Connection{Brokers: []string{kafka.Bootstrap}}},
		{name: "one of two brokers is gone", conn: cluster.Connection{Brokers: []string{"127.0.0.1:1", kafka.Bootstrap}}},
		{name: "TLS", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: encrypted()}},
		{name: "TLS by another server name", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: &cluster.TLS{CA: kafka.CA, ServerName: "localhost"}}},
		{name: "TLS unverified", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: &cluster.TLS{InsecureSkipVerify: true}}},
		{name: "mutual TLS", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: &cluster.TLS{CA: kafka.CA, Cert: kafka.Cert, Key: kafka.Key}}},
		{name: "PLAIN", conn: cluster.Connection{Brokers: []string{kafka.SASL}, SASL: login("PLAIN", "app", "app-secret")}},
		{name: "SCRAM-SHA-256", conn: cluster.Connection{Brokers: []string{kafka.SASL}, SASL: login("SCRAM-SHA-256", "app", "app-secret")}},
		{name: "SCRAM-SHA-512 with TLS", conn: cluster.Connection{Brokers: []string{kafka.SASLTLS}, TLS: encrypted(), SASL: login("SCRAM-SHA-512", "app", "app-secret")}},
		{
			name: "wrong password", conn: cluster.Connection{Brokers: []string{kafka.SASL}, SASL: login("PLAIN", "app", "wr0ng-Passw0rd")},
			code: fault.KafkaAuth, want: []string{kafka.SASL, "user app (PLAIN)", "Invalid username or password"},
		},
		{
			name: "wrong password with SCRAM", conn: cluster.Connection{Brokers: []string{kafka.SASLTLS}, TLS: encrypted(), SASL: login("SCRAM-SHA-512", "app", "wr0ng-Passw0rd")},
			code: fault.KafkaAuth, want: []string{kafka.SASLTLS, "user app (SCRAM-SHA-512)"},
		},
		{
			name: "unknown user", conn: cluster.Connection{Brokers: []string{kafka.SASL}, SASL: login("SCRAM-SHA-256", "nobody", "app-secret")},
			code: fault.KafkaAuth, want: []string{"user nobody (SCRAM-SHA-256)"},
		},
		{
			name: "mechanism that the listener lacks",
			conn: cluster.Connection{Brokers: []string{kafka.SASL}, SASL: &cluster.SASL{Mechanism: "OAUTHBEARER", Token: unit.NewSecret("wr0ng-Passw0rd")}},
			code: fault.KafkaAuth, want: []string{"does not take the mechanism of OAUTHBEARER"},
		},
		{
			name: "no login where one is needed", conn: cluster.Connection{Brokers: []string{kafka.SASL}},
			code: fault.KafkaAuth, want: []string{kafka.SASL, "don't log in", "add sasl:"},
		},
		{
			name: "no login where one is needed, with TLS", conn: cluster.Connection{Brokers: []string{kafka.SASLTLS}, TLS: encrypted()},
			code: fault.KafkaAuth, want: []string{kafka.SASLTLS, "don't log in", "add sasl:"},
		},
		{
			name: "login where none is taken", conn: cluster.Connection{Brokers: []string{kafka.Bootstrap}, SASL: login("PLAIN", "app", "app-secret")},
			code: fault.KafkaAuth, want: []string{"takes no SASL", "remove sasl:"},
		},
		{
			name: "TLS against plaintext", conn: cluster.Connection{Brokers: []string{kafka.Bootstrap}, TLS: encrypted()},
			code: fault.KafkaTLS, want: []string{kafka.Bootstrap, "speaks no TLS", "remove tls:"},
		},
		{
			name: "plaintext against TLS", conn: cluster.Connection{Brokers: []string{kafka.TLS}},
			code: fault.KafkaTLS, want: []string{kafka.TLS, "speaks TLS", "add tls:"},
		},
		{
			name: "unencrypted login against TLS", conn: cluster.Connection{Brokers: []string{kafka.SASLTLS}, SASL: login("PLAIN", "app", "app-secret")},
			code: fault.KafkaTLS, want: []string{"speaks TLS", "add tls:"},
		},
		{
			name: "unknown certificate authority", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: &cluster.TLS{}},
			code: fault.KafkaTLS, want: []string{"authority that is not trusted", "tls.ca"},
		},
		{
			name: "certificate of another name", conn: cluster.Connection{Brokers: []string{kafka.TLS}, TLS: &cluster.TLS{CA: kafka.CA, ServerName: "kafka.example.com"}},
			code: fault.KafkaTLS, want: []string{"for another name", "tls.server_name"},
		},
		{
			name: "nobody listens", conn: cluster.Connection{Brokers: []string{"127.0.0.1:1", "127.0.0.1:2"}},
			code: fault.KafkaUnreachable, want: []string{"127.0.0.1:1", "127.0.0.1:2", "connection refused"},
		},
		{
			name: "unknown host", conn: cluster.Connection{Brokers: []string{"kafka.invalid:9092"}},
			code: fault.KafkaUnreachable, want: []string{"kafka.invalid"},
		},
		{
			name: "advertised address that nobody listens on", conn: cluster.Connection{Brokers: []string{kafka.Upstreams}},
			code: fault.KafkaUnreachable, want: []string{"broker " + kafka.Upstreams + " answers", kafka.Proxied, "advertised.listeners"},
		},
		{
			name: "what lasts decides over what passes", conn: cluster.Connection{Brokers: []string{"127.0.0.1:1", kafka.SASL}, SASL: login("PLAIN", "app", "wr0ng-Passw0rd")},
			code: fault.KafkaAuth, want: []string{"connection refused", "Invalid username or password"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cl := client(t, &test.conn)
			begin := time.Now()
			err := test.conn.Reach(t.Context(), cl)
			if took := time.Since(begin); took > 8*time.Second {
				t.Errorf("it took %v", took)
			}
			if test.code == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := fault.As(err)
			if !ok || e.Code != test.code {
				t.Fatalf("got %v, want %s", err, test.code.ID)
			}
			t.Log(e.Explain())
			for _, part := range test.want {
				if !strings.Contains(e.Explain(), part) {
					t.Errorf("%q is missing", part)
				}
			}
			if strings.Contains(e.Explain(), "wr0ng-Passw0rd") {
				t.Error("the error holds the password")
			}
		})
	}
}

// A listener that wants a client certificate, and one of an authority that the broker does not know.
func TestReachClientCertificate(t *testing.T) {
	strict := broker.Start(t, broker.WithTLS, broker.Set("listener.name.ssl.ssl.client.auth", "required"))
	for _, test := range []struct {
		name, cert, key string
		code            *fault.Code
		want            string
	}{
		{"none", "", "", fault.KafkaTLS, "set tls.cert and tls.key"},
		{"of an unknown authority", kafka.Cert, kafka.Key, fault.KafkaTLS, "an authority that the broker trusts signed tls.cert"},
		{"its own", strict.Cert, strict.Key, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := cluster.Connection{Brokers: []string{strict.TLS}, TLS: &cluster.TLS{CA: strict.CA, Cert: test.cert, Key: test.key}}
			err := c.Reach(t.Context(), client(t, &c))
			if test.code == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := fault.As(err); !ok || e.Code != test.code || !strings.Contains(e.Explain(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			} else {
				t.Log(e.Explain())
			}
		})
	}
}

// A broker that hangs holds up nobody for longer than Reach gives it.
func TestReachFrozenBroker(t *testing.T) {
	if err := kafka.Pause(0); err != nil {
		t.Fatal(err)
	}
	defer kafka.Resume(0)
	c := cluster.Connection{Brokers: []string{kafka.Bootstrap}}
	begin := time.Now()
	err := c.Reach(t.Context(), client(t, &c))
	if took := time.Since(begin); !fault.Is(err, fault.KafkaUnreachable) || took > 10*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}
