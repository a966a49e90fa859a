package cluster

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Connection is how to reach a cluster. Sources and sinks have its fields among their own.
type Connection struct {
	// Brokers to ask first, as host:port; the others are learned from them. The port is 9092 where none is given, and one
	// text may list several with commas between.
	Brokers []string `yaml:"brokers"`
	// ClientID is the name that brokers log and set quotas by. Empty: winnow.
	ClientID string `yaml:"client_id" identity:"-"`
	// TLS encrypts the connection. Write {} where the system's certificate authorities and no client certificate do.
	TLS *TLS `yaml:"tls" identity:"-"`
	// SASL logs in.
	SASL *SASL `yaml:"sasl" identity:"-"`
}

const (
	defaultClientID = "winnow"
	defaultPort     = "9092"
)

// IsZero reports whether nothing says which cluster is meant: a sink then uses its source's.
func (c *Connection) IsZero() bool { return len(c.Brokers) == 0 && c.TLS == nil && c.SASL == nil }

// Check returns every bad field. It connects to nothing and opens no file.
func (c *Connection) Check() error {
	var errs []error
	if len(c.addresses()) == 0 {
		errs = append(errs, fault.New(fault.ConfigMissing, "a Kafka connection needs brokers").At(fault.Where{Path: "brokers"}).
			WithFix("name one broker or more: [host:9092]"))
	}
	for _, a := range c.addresses() {
		if why := badAddress(a); why != "" {
			errs = append(errs, bad("brokers", "write host:port, such as kafka.example.com:9092", "%s", why))
		}
	}
	if c.TLS != nil {
		errs = append(errs, c.TLS.check()...)
	}
	if c.SASL != nil {
		errs = append(errs, c.SASL.check()...)
	}
	return errors.Join(errs...)
}

// bad is the error of a field's value.
func bad(path, fix, format string, args ...any) error {
	return fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix)
}

// badAddress says what is wrong with a broker's address. It quotes none that may hold a password.
func badAddress(a string) string {
	host, port, err := net.SplitHostPort(a)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	switch {
	case strings.Contains(a, "@"):
		return "a broker's address has no user and password in it; they belong into sasl"
	case strings.Contains(a, "://"):
		return strconv.Quote(a) + " is a URL, and brokers have a host and a port alone"
	case err != nil, host == "", strings.ContainsAny(a, " /"), notNumber != nil, n == 0:
		return strconv.Quote(a) + " is not the address of a broker"
	default:
		return ""
	}
}

// addresses are the brokers as host:port, in the order of the spec and each once.
func (c *Connection) addresses() []string {
	var all []string
	for _, text := range c.Brokers {
		for a := range strings.SplitSeq(text, ",") {
			if a = withPort(strings.TrimSpace(a)); a != "" && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// withPort adds the default port to a bare host, a bare IPv6 address among them.
func withPort(a string) string {
	switch {
	case a == "":
		return ""
	case net.ParseIP(a) != nil:
		return net.JoinHostPort(a, defaultPort)
	case !strings.Contains(a, ":"), strings.HasPrefix(a, "[") && strings.HasSuffix(a, "]"):
		return a + ":" + defaultPort
	default:
		return a
	}
}

// brokers are the addresses for a message.
func (c *Connection) brokers() string { return strings.Join(c.addresses(), ", ") }

// Same reports whether both connections name the same brokers, in whatever order, and log in alike. Different brokers of
// one cluster are not recognized: only the cluster's id, which a broker knows, tells that.
func (c *Connection) Same(o *Connection) bool {
	mine, theirs := c.addresses(), o.addresses()
	slices.Sort(mine)
	slices.Sort(theirs)
	return slices.Equal(mine, theirs) && equal(c.TLS, o.TLS) && equal(c.SASL, o.SASL)
}

// equal compares what two pointers point to.
func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
