package cluster_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestOptions(t *testing.T) {
	c := cluster.Connection{Brokers: []string{"a, b:1"}, SASL: &cluster.SASL{Mechanism: "PLAIN", User: "u", Password: secret}}
	opts, err := c.Options(zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	seeds, _ := cl.OptValue(kgo.SeedBrokers).([]string)
	id, _ := cl.OptValue(kgo.ClientID).(string)
	if strings.Join(seeds, " ") != "a:9092 b:1" || id != "winnow" {
		t.Errorf("seeds %v, client id %q", seeds, id)
	}
}

func TestOptionsReadTLSFiles(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, conf := range map[string]cluster.TLS{
		"tls.ca: kafka.tls: the certificate authority can't be read":            {CA: filepath.Join(t.TempDir(), "absent")},
		"tls.ca: kafka.tls: " + garbage + " holds no certificate":               {CA: garbage},
		"tls.cert: kafka.tls: the client's certificate and key can't be used: ": {Cert: garbage, Key: garbage},
	} {
		c := cluster.Connection{Brokers: []string{"a"}, TLS: &conf}
		if _, err := c.Options(zerolog.Nop()); err == nil || !fault.Is(err, fault.KafkaTLS) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// franz-go's warnings and errors are warnings, the rest is for debugging and is not made unless it is wanted.
func TestLogger(t *testing.T) {
	var out bytes.Buffer
	logger := func(level zerolog.Level) kgo.Logger {
		out.Reset()
		c := cluster.Connection{Brokers: []string{"a"}}
		opts, err := c.Options(zerolog.New(&out).Level(level))
		if err != nil {
			t.Fatal(err)
		}
		cl, err := kgo.NewClient(opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cl.Close)
		return cl.OptValue(kgo.WithLogger).(kgo.Logger)
	}
	l := logger(zerolog.InfoLevel)
	if l.Level() != kgo.LogLevelWarn {
		t.Errorf("level %v", l.Level())
	}
	l.Log(kgo.LogLevelError, "unable to open connection", "addr", "a:1", "broker", 3, "err", errors.New("refused"), 4, 5, "odd")
	if got, want := out.String(), `{"level":"warn","addr":"a:1","broker":"3","err":"refused","client":"kafka","message":"unable to open connection"}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if l := logger(zerolog.DebugLevel); l.Level() != kgo.LogLevelDebug {
		t.Errorf("level %v", l.Level())
	} else if l.Log(kgo.LogLevelInfo, "metadata"); !strings.HasPrefix(out.String(), `{"level":"debug"`) {
		t.Errorf("got %s", out.String())
	}
}
