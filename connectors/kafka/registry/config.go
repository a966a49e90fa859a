package registry

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Config says where a schema registry is and how it is used.
type Config struct {
	// URL is the registry's address, such as https://registry:8081. Several are separated by commas and tried in turn.
	URL string `yaml:"url"`
	// User is the name for basic authentication; none without it.
	User string `yaml:"user,omitempty"`
	// Password belongs to user.
	Password unit.Secret `yaml:"password,omitempty"`
	// CA is a file with the certificates, in PEM, of authorities that vouch for the registry, instead of the system's.
	CA string `yaml:"ca,omitempty"`
	// AutoRegister registers the labelled schema of an output topic where it is not yet known (the default). With false
	// it must have been registered before.
	AutoRegister *bool `yaml:"auto_register,omitempty"`
	// Subject is the name under which schemas of an output topic are registered, "<topic>-value" by default; <topic>
	// stands for the topic.
	Subject string `yaml:"subject,omitempty"`
	// Validate checks records of JSON Schema against their schema when they are read. Records of other formats can't be
	// read without.
	Validate bool `yaml:"validate,omitempty"`

	// Now is the clock, time.Now by default.
	Now func() time.Time `yaml:"-"`
}

// Check reports every field that has a value it can't have.
func (c Config) Check() error {
	var errs []error
	if c.URL == "" {
		errs = append(errs, fault.New(fault.ConfigMissing, "url is missing").At(fault.Where{Path: "url"}).
			WithFix("give the schema registry's address, such as http://localhost:8081"))
	}
	for _, u := range c.urls() {
		parsed, err := url.Parse(u)
		switch {
		case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
			errs = append(errs, field("url", "url has an address that does not begin with http:// or https://"))
		case parsed.User != nil:
			errs = append(errs, field("url", "url holds a user or a password, which belong into fields of their own").
				WithFix("set user: and password:"))
		}
	}
	if c.User == "" && !c.Password.IsZero() {
		errs = append(errs, field("password", "there is a password without a user"))
	}
	if strings.ContainsAny(c.Subject, "\r\n") {
		errs = append(errs, field("subject", "subject has more than one line"))
	}
	return errors.Join(errs...)
}

func (c Config) urls() []string {
	var list []string
	for u := range strings.SplitSeq(c.URL, ",") {
		if u = strings.TrimRight(strings.TrimSpace(u), "/"); u != "" {
			list = append(list, u)
		}
	}
	return list
}

func (c Config) autoRegister() bool { return c.AutoRegister == nil || *c.AutoRegister }

// subject is where the schemas of a topic's values are.
func (c Config) subject(topic string) string {
	if c.Subject == "" {
		return topic + "-value"
	}
	return strings.ReplaceAll(c.Subject, "<topic>", topic)
}

func field(name, format string, args ...any) *fault.Error {
	return fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: name})
}
