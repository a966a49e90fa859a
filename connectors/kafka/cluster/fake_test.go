package cluster_test

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Here a cluster in this process stands in for a real one, which the tests under the tag integration ask the same of.

func fake(t *testing.T, opts ...kfake.Opt) []string {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(1, "tickets", "tickets.eu", "labels"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

// client is one that the connection makes.
func client(t *testing.T, c *cluster.Connection, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	own, err := c.Options(zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(append(own, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func login(mechanism, user, password string) *cluster.SASL {
	return &cluster.SASL{Mechanism: mechanism, User: user, Password: unit.NewSecret(password)}
}

// certificate is one for 127.0.0.1, with the file of the authority that signed it.
func certificate(t *testing.T) (cfg *tls.Config, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: s.TLS.Certificates}, ca
}

func TestReachFake(t *testing.T) {
	cert, ca := certificate(t)
	plain, encrypted := fake(t), fake(t, kfake.TLS(cert))
	withLogin := fake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "app", "app-secret"), kfake.Superuser("SCRAM-SHA-512", "app", "app-secret"))
	trusting := func() *cluster.TLS { return &cluster.TLS{CA: ca} }
	for _, test := range []struct {
		name string
		conn cluster.Connection
		code *fault.Code // nil: it works
		want string
	}{
		{"plaintext", cluster.Connection{Brokers: plain}, nil, ""},
		{"TLS", cluster.Connection{Brokers: encrypted, TLS: trusting()}, nil, ""},
		{"PLAIN", cluster.Connection{Brokers: withLogin, SASL: login("PLAIN", "app", "app-secret")}, nil, ""},
		{"SCRAM", cluster.Connection{Brokers: withLogin, SASL: login("SCRAM-SHA-512", "app", "app-secret")}, nil, ""},
		{"wrong password, and no word about it", cluster.Connection{Brokers: withLogin, SASL: login("PLAIN", "app", "hunter2")}, fault.KafkaAuth, "ends the connection at the login of user app (PLAIN)"},
		{"no login", cluster.Connection{Brokers: withLogin}, fault.KafkaAuth, "add sasl:"},
		{"TLS against plaintext", cluster.Connection{Brokers: plain, TLS: trusting()}, fault.KafkaTLS, "speaks no TLS"},
		{"plaintext against TLS", cluster.Connection{Brokers: encrypted}, fault.KafkaTLS, "speaks TLS"},
		{"unknown authority", cluster.Connection{Brokers: encrypted, TLS: &cluster.TLS{}}, fault.KafkaTLS, "tls.ca"},
		{"nobody listens", cluster.Connection{Brokers: []string{"127.0.0.1:1", "127.0.0.1:2"}}, fault.KafkaUnreachable, "none of the brokers can be used: broker 127.0.0.1:"},
		{"one is there", cluster.Connection{Brokers: append([]string{"127.0.0.1:1"}, plain...)}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.conn.Reach(t.Context(), client(t, &test.conn))
			if test.code == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := fault.As(err); !ok || e.Code != test.code || !strings.Contains(e.Explain(), test.want) || strings.Contains(e.Explain(), "hunter2") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A listener that takes connections and says nothing holds up nobody for long.
func TestReachSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for seconds")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := cluster.Connection{Brokers: []string{l.Addr().String()}}
	begin := time.Now()
	err = c.Reach(t.Context(), client(t, &c))
	if took := time.Since(begin); !fault.Is(err, fault.KafkaUnreachable) || took > 10*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}

func TestTopicsFake(t *testing.T) {
	checkTopics(t, client(t, &cluster.Connection{Brokers: fake(t)}))
}

func TestCheckRightsFake(t *testing.T) {
	brokers := fake(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "admin", "a"), kfake.User("PLAIN", "app", "b"))
	app := cluster.Connection{Brokers: brokers, SASL: login("PLAIN", "app", "b")}
	super := cluster.Connection{Brokers: brokers, SASL: login("PLAIN", "admin", "a")}
	checkRights(t, client(t, &app, kgo.TransactionalID("winnow-app")), client(t, &super))
}
