package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"net"
	"os"
	"strconv"
	"text/template"

	"github.com/wneessen/go-mail"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// EmailChannel is the channel's name in the outbox.
const EmailChannel = "email"

//go:embed templates
var templates embed.FS

var (
	textTemplate = template.Must(template.ParseFS(templates, "templates/ended.txt"))
	htmlTemplate = htmltemplate.Must(htmltemplate.ParseFS(templates, "templates/ended.html"))
)

// EmailConfig says who is told, and by which server.
type EmailConfig struct {
	Server         string // HOST:PORT of SMTP
	User, Password string // empty: without a login
	From           string
	To             string // who is told of jobs that name nobody; empty: nobody is
	TLS            string // starttls, tls or none
	CA             string // a file of certificates in PEM, one of which the server's has to be signed by; empty: the system's
	Base           string // of links: the address of this server
	// About finds what is to be said of a job beside its note.
	About func(ctx context.Context, job string) (About, error)
}

// About is what is to be said of a job beside its note.
type About struct {
	To      string // who is told; empty: the job names nobody
	Path    string // of its page
	Results string // the path of its results; empty: the page says where they are
}

// Email sends notes by SMTP, as text and as HTML.
type Email struct {
	cfg    EmailConfig
	client *mail.Client
}

var _ Channel = (*Email)(nil)

// NewEmail makes a channel. It asks nobody for anything.
func NewEmail(cfg EmailConfig) (*Email, error) {
	bad := func(name, format string, args ...any) error {
		return fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: "notify.email." + name}).WithFix("write a server as smtp.example.com:587, an address as winnow@example.com")
	}
	host, port, err := net.SplitHostPort(cfg.Server)
	number, wrong := strconv.Atoi(port)
	if err != nil || wrong != nil || host == "" {
		return nil, bad("server", "%q is no server with a port", cfg.Server)
	}
	trusted, err := trust(cfg.CA)
	if err != nil {
		return nil, bad("ca", "%w", err)
	}
	options := []mail.Option{
		mail.WithPort(number), mail.WithTimeout(timeout),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: trusted, MinVersion: tls.VersionTLS12}),
	}
	switch cfg.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if cfg.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(cfg.User), mail.WithPassword(cfg.Password))
	}
	m := mail.NewMsg()
	if err := m.From(cfg.From); err != nil {
		return nil, bad("from", "%q is no address", cfg.From)
	}
	if err := m.To(cfg.To); cfg.To != "" && err != nil {
		return nil, bad("to", "%q is no address", cfg.To)
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, bad("server", "%w", err)
	}
	return &Email{cfg: cfg, client: client}, nil
}

// trust are the certificates of a file; nil: the system's.
func trust(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return pool, nil
}

// Tell sends a note, where there is somebody to be told. The message has the same id on each try.
func (e *Email) Tell(ctx context.Context, n *job.Note) error {
	a, err := e.cfg.About(ctx, n.Job)
	if err != nil {
		return err
	}
	if a.To = cmp.Or(a.To, e.cfg.To); a.To == "" {
		return nil
	}
	m, err := e.message(n, a)
	if err != nil {
		return err
	}
	if err := e.client.DialAndSendWithContext(ctx, m); err != nil {
		return fmt.Errorf("send the e-mail: %w", err)
	}
	return nil
}

func (e *Email) message(n *job.Note, a About) (*mail.Msg, error) {
	var body job.NoteBody
	if err := json.Unmarshal(n.Body, &body); err != nil {
		return nil, fmt.Errorf("read a note: %w", err)
	}
	said := struct {
		job.NoteData
		Link, Results string
	}{NoteData: body.Data, Link: e.cfg.Base + a.Path}
	if a.Results != "" && body.Data.State == job.Completed {
		said.Results = e.cfg.Base + a.Results
	}
	var text, html bytes.Buffer
	if err := textTemplate.Execute(&text, said); err != nil {
		return nil, err
	}
	if err := htmlTemplate.Execute(&html, said); err != nil {
		return nil, err
	}
	m := mail.NewMsg()
	if err := m.From(e.cfg.From); err != nil {
		return nil, err
	}
	if err := m.To(a.To); err != nil {
		return nil, err
	}
	m.SetMessageIDWithValue(n.ID + "@winnow")
	m.SetDateWithValue(n.Created)
	m.Subject("Job " + n.Job + ": " + string(body.Data.State))
	m.SetBodyString(mail.TypeTextPlain, text.String())
	m.AddAlternativeString(mail.TypeTextHTML, html.String())
	return m, nil
}
