package cluster_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

var secret = unit.NewSecret("hunter2")

func TestCheck(t *testing.T) {
	brokers := []string{"a:9092"}
	withSASL := func(s cluster.SASL) cluster.Connection { return cluster.Connection{Brokers: brokers, SASL: &s} }
	for _, test := range []struct {
		name string
		conn cluster.Connection
		want []string
	}{
		{name: "one broker", conn: cluster.Connection{Brokers: brokers}},
		{name: "default port, IPv6, a list in one text", conn: cluster.Connection{Brokers: []string{"kafka", "::1", "[::1]:9093", "b:1, c:2,"}}},
		{name: "TLS with nothing", conn: cluster.Connection{Brokers: brokers, TLS: &cluster.TLS{}}},
		{name: "TLS with everything", conn: cluster.Connection{Brokers: brokers, TLS: &cluster.TLS{CA: "ca", Cert: "c", Key: "k", ServerName: "s"}}},
		{name: "PLAIN", conn: withSASL(cluster.SASL{Mechanism: "PLAIN", User: "u", Password: secret})},
		{name: "token", conn: withSASL(cluster.SASL{Mechanism: "OAUTHBEARER", Token: unit.SecretFile("token")})},
		{name: "token_url", conn: withSASL(cluster.SASL{Mechanism: "OAUTHBEARER", TokenURL: "https://id.example.com/token", ClientID: "c", ClientSecret: secret})},
		{name: "no broker", want: []string{"brokers: config.missing: a Kafka connection needs brokers"}},
		{name: "blank broker", conn: cluster.Connection{Brokers: []string{" ", ","}}, want: []string{"brokers: config.missing: a Kafka connection needs brokers"}},
		{
			name: "every bad broker", conn: cluster.Connection{Brokers: []string{"a:b", ":9092", "a:0", "a:70000", "kafka://a:9092", "u:hunter2@a:9092", "a b:1", "a:1:2"}},
			want: []string{
				`brokers: config.field: "a:b" is not the address of a broker`,
				`brokers: config.field: ":9092" is not the address of a broker`,
				`brokers: config.field: "a:0" is not the address of a broker`,
				`brokers: config.field: "a:70000" is not the address of a broker`,
				`brokers: config.field: "kafka://a:9092" is a URL, and brokers have a host and a port alone`,
				"brokers: config.field: a broker's address has no user and password in it; they belong into sasl",
				`brokers: config.field: "a b:1" is not the address of a broker`,
				`brokers: config.field: "a:1:2" is not the address of a broker`,
			},
		},
		{name: "certificate without key", conn: cluster.Connection{Brokers: brokers, TLS: &cluster.TLS{Cert: "c"}}, want: []string{"tls.key: config.field: tls.cert is given without tls.key"}},
		{name: "key without certificate", conn: cluster.Connection{Brokers: brokers, TLS: &cluster.TLS{Key: "k"}}, want: []string{"tls.cert: config.field: tls.key is given without tls.cert"}},
		{name: "no mechanism", conn: withSASL(cluster.SASL{User: "u"}), want: []string{"sasl.mechanism: config.missing: sasl needs a mechanism"}},
		{name: "unknown mechanism", conn: withSASL(cluster.SASL{Mechanism: "scram-sha-256"}), want: []string{`sasl.mechanism: config.field: "scram-sha-256" is not a mechanism that winnow knows`}},
		{
			name: "SCRAM without credentials, with others'", conn: withSASL(cluster.SASL{Mechanism: "SCRAM-SHA-512", Token: secret, TokenURL: "x", ClientID: "c", ClientSecret: secret, Scope: "s"}),
			want: []string{
				"sasl.user: config.missing: SCRAM-SHA-512 needs a user",
				"sasl.password: config.missing: SCRAM-SHA-512 needs a password",
				"sasl.token: config.field: SCRAM-SHA-512 takes no token",
				"sasl.token_url: config.field: SCRAM-SHA-512 takes no token_url",
				"sasl.client_id: config.field: SCRAM-SHA-512 takes no client_id",
				"sasl.client_secret: config.field: SCRAM-SHA-512 takes no client_secret",
				"sasl.scope: config.field: SCRAM-SHA-512 takes no scope",
			},
		},
		{
			name: "OAUTHBEARER with a password", conn: withSASL(cluster.SASL{Mechanism: "OAUTHBEARER", User: "u", Password: secret}),
			want: []string{
				"sasl.user: config.field: OAUTHBEARER takes no user",
				"sasl.password: config.field: OAUTHBEARER takes no password",
				"sasl.token: config.missing: OAUTHBEARER needs a token, or the token_url that issues one",
			},
		},
		{name: "token and token_url", conn: withSASL(cluster.SASL{Mechanism: "OAUTHBEARER", Token: secret, TokenURL: "https://a"}), want: []string{"sasl.token: config.field: a token and a token_url are given"}},
		{
			name: "token_url that is none", conn: withSASL(cluster.SASL{Mechanism: "OAUTHBEARER", TokenURL: "https://u:hunter2@a/token"}),
			want: []string{
				"sasl.client_id: config.missing: OAUTHBEARER needs the client_id that the authorization server knows",
				"sasl.client_secret: config.missing: OAUTHBEARER needs the secret of the client_id",
				"sasl.token_url: config.field: that is not a URL that tokens can be asked of",
			},
		},
		{
			name: "everything at once", conn: cluster.Connection{TLS: &cluster.TLS{Cert: "c"}, SASL: &cluster.SASL{}},
			want: []string{
				"brokers: config.missing: a Kafka connection needs brokers",
				"tls.key: config.field: tls.cert is given without tls.key",
				"sasl.mechanism: config.missing: sasl needs a mechanism",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			if err := test.conn.Check(); err != nil {
				for _, e := range fault.List(err) {
					got = append(got, e.Error())
					if e.Remedy() == "" || strings.Contains(e.Explain(), "hunter2") {
						t.Errorf("remedy %q of %v", e.Remedy(), e)
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSame(t *testing.T) {
	base := func() *cluster.Connection {
		return &cluster.Connection{
			Brokers: []string{"a", "b:9092"}, TLS: &cluster.TLS{CA: "ca"},
			SASL: &cluster.SASL{Mechanism: "PLAIN", User: "u", Password: secret},
		}
	}
	for name, test := range map[string]struct {
		change func(*cluster.Connection)
		same   bool
	}{
		"nothing":            {func(*cluster.Connection) {}, true},
		"order and spelling": {func(c *cluster.Connection) { c.Brokers = []string{"b, a:9092"} }, true},
		"client_id":          {func(c *cluster.Connection) { c.ClientID = "x" }, true},
		"a broker more":      {func(c *cluster.Connection) { c.Brokers = append(c.Brokers, "c") }, false},
		"no TLS":             {func(c *cluster.Connection) { c.TLS = nil }, false},
		"other CA":           {func(c *cluster.Connection) { c.TLS.CA = "x" }, false},
		"other user":         {func(c *cluster.Connection) { c.SASL.User = "x" }, false},
		"other password":     {func(c *cluster.Connection) { c.SASL.Password = unit.NewSecret("x") }, false},
		"no login":           {func(c *cluster.Connection) { c.SASL = nil }, false},
	} {
		other := base()
		test.change(other)
		if got := base().Same(other); got != test.same {
			t.Errorf("%s: %v", name, got)
		}
		if got := other.Same(base()); got != test.same {
			t.Errorf("%s, reversed: %v", name, got)
		}
	}
}

func TestIsZero(t *testing.T) {
	for _, c := range []cluster.Connection{{}, {ClientID: "x"}, {Brokers: []string{}}} {
		if !c.IsZero() {
			t.Errorf("%+v names a cluster", c)
		}
	}
	for _, c := range []cluster.Connection{{Brokers: []string{"a"}}, {TLS: &cluster.TLS{}}, {SASL: &cluster.SASL{}}} {
		if c.IsZero() {
			t.Errorf("%+v is zero", c)
		}
	}
}

// Whatever a connection is printed as, its secrets are not there.
func TestSecretsStayHidden(t *testing.T) {
	s := cluster.SASL{Mechanism: "PLAIN", User: "u", Password: secret, Token: secret, ClientSecret: secret}
	c := cluster.Connection{Brokers: []string{"a"}, SASL: &s}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v", c, c), fmt.Sprintf("%+v %#v %s", s, s, s), string(text)} {
		if strings.Contains(printed, "hunter2") {
			t.Errorf("the password is in %s", printed)
		}
	}
}
