package broker

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Broker is a running cluster; of one node unless Nodes says otherwise. Its methods may be called from one goroutine at a
// time.
type Broker struct {
	Bootstrap string // addresses without TLS and login, separated by commas
	SASL      string // with a login; empty without WithSASL
	TLS       string // with TLS; empty without WithTLS
	SASLTLS   string // with both
	Upstreams string // with Proxied: where a proxy connects to
	Proxied   string // with Proxied: where it has to listen
	CA        string // file of the certificate authority, with WithTLS
	Cert, Key string // files of a client's certificate, with WithTLS

	script string
	dir    string
}

// Option changes what is started.
type Option []string

// The options of a cluster.
var (
	WithSASL    = Option{"--sasl"}    // a listener with PLAIN and SCRAM; users app:app-secret and admin:admin-secret
	WithTLS     = Option{"--tls"}     // a listener with TLS and, with WithSASL, one with both
	WithACL     = Option{"--acl"}     // the user app may do nothing without ACLs; admin and the plain listener may do all
	WithProxied = Option{"--proxied"} // a listener behind a proxy that the test runs
)

// ForLoad is a broker for measurements: it starts later, and its code is compiled in full.
var ForLoad = Option{}

// Nodes is how many brokers the cluster has.
func Nodes(n int) Option { return Option{"--brokers", strconv.Itoa(n)} }

// Set gives the brokers a property.
func Set(property, value string) Option { return Option{"--set", property + "=" + value} }

// Start runs a cluster until the test ends.
func Start(t testing.TB, options ...Option) *Broker {
	t.Helper()
	b, err := Run(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Run starts a cluster, which the caller stops.
func Run(options ...Option) (*Broker, error) {
	_, self, _, _ := runtime.Caller(0)
	folder, err := os.MkdirTemp("", "winnow-kafka-")
	if err != nil {
		return nil, err
	}
	b := &Broker{script: filepath.Join(filepath.Dir(self), "../../scripts/kafka"), dir: filepath.Join(folder, "cluster")}
	args := []string{"--port", "0"}
	if !slices.ContainsFunc(options, func(o Option) bool { return len(o) == 0 }) {
		args = append(args, "--light")
	}
	for _, o := range options {
		args = append(args, o...)
	}
	if _, err := b.run("start", args...); err != nil {
		b.Stop()
		return nil, err
	}
	out, err := b.run("env")
	if err != nil {
		b.Stop()
		return nil, err
	}
	fields := map[string]*string{
		"KAFKA_BOOTSTRAP": &b.Bootstrap, "KAFKA_SASL_BOOTSTRAP": &b.SASL, "KAFKA_TLS_BOOTSTRAP": &b.TLS,
		"KAFKA_SASL_TLS_BOOTSTRAP": &b.SASLTLS, "KAFKA_PROXY_UPSTREAMS": &b.Upstreams, "KAFKA_PROXIED_BOOTSTRAP": &b.Proxied,
		"KAFKA_CA": &b.CA, "KAFKA_CLIENT_CERT": &b.Cert, "KAFKA_CLIENT_KEY": &b.Key,
	}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if field, ok := fields[name]; ok {
			*field = value
		}
	}
	return b, nil
}

// Kill ends a broker, counted from 0, by SIGKILL.
func (b *Broker) Kill(node int) error { return b.signal("kill", node) }

// Pause freezes a broker: its connections stay open, and nothing answers.
func (b *Broker) Pause(node int) error { return b.signal("pause", node) }

// Resume thaws it.
func (b *Broker) Resume(node int) error { return b.signal("resume", node) }

// Revive starts a killed broker on the data that it left, and returns once it is ready.
func (b *Broker) Revive(node int) error { return b.signal("revive", node) }

func (b *Broker) signal(command string, node int) error {
	_, err := b.run(command, "--broker", strconv.Itoa(node))
	return err
}

// Tool runs one of Apache Kafka's own tools (topics, acls, groups, offsets and so on; scripts/kafka help lists them)
// against the cluster and returns what it prints.
func (b *Broker) Tool(name string, args ...string) (string, error) { return b.run(name, args...) }

// Stop ends all brokers and deletes their data.
func (b *Broker) Stop() error {
	_, err := b.run("stop", "--wipe")
	if removed := os.RemoveAll(filepath.Dir(b.dir)); err == nil {
		err = removed
	}
	return err
}

func (b *Broker) run(command string, args ...string) (string, error) {
	cmd := exec.Command(b.script, append([]string{command, "--dir", b.dir}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("scripts/kafka %s: %w: %s", command, err, stderr.Bytes())
	}
	return stdout.String(), nil
}
