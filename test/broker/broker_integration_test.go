//go:build integration

package broker_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/test/broker"
)

// A cluster is what its options say, and each broker can be frozen, thawed, killed and brought back.
func TestBroker(t *testing.T) {
	var ca string
	t.Run("life", func(t *testing.T) {
		b := broker.Start(t, broker.WithTLS)
		if ca = b.CA; ca == "" || b.TLS == "" || b.SASL != "" || b.Proxied != "" {
			t.Errorf("started %+v", b)
		}
		cl, err := kgo.NewClient(kgo.SeedBrokers(b.Bootstrap))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		answers := func(want bool, patience time.Duration) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := cl.Ping(ctx); (err == nil) != want {
				t.Errorf("ping: %v", err)
			}
		}
		do := func(what func(int) error) {
			t.Helper()
			if err := what(0); err != nil {
				t.Fatal(err)
			}
		}
		answers(true, 10*time.Second)
		do(b.Pause)
		answers(false, time.Second)
		do(b.Resume)
		answers(true, 10*time.Second)
		do(b.Kill)
		answers(false, time.Second)
		do(b.Revive)
		answers(true, 30*time.Second)
		if out, err := b.Tool("topics", "--list"); err != nil {
			t.Errorf("%s, %v", out, err)
		}
		if err := b.Kill(1); err == nil {
			t.Error("a broker that does not exist was killed")
		}
	})
	if _, err := os.Stat(ca); !os.IsNotExist(err) {
		t.Errorf("the cluster's folder is left: %v", err)
	}
}
