package cluster

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// SASL is how a client logs in.
type SASL struct {
	// Mechanism that the brokers' listener takes. PLAIN sends the password as it is: use it with tls.
	Mechanism string `yaml:"mechanism" jsonschema:"required,enum=PLAIN,enum=SCRAM-SHA-256,enum=SCRAM-SHA-512,enum=OAUTHBEARER"`
	// User to log in as, for PLAIN and SCRAM.
	User string `yaml:"user"`
	// Password of the user.
	Password unit.Secret `yaml:"password"`
	// Token for OAUTHBEARER that something else renews, such as {file: PATH}: it is read for each connection.
	Token unit.Secret `yaml:"token"`
	// TokenURL is where an authorization server issues tokens for OAUTHBEARER, by OAuth 2.0 client credentials.
	TokenURL string `yaml:"token_url"`
	// ClientID is what winnow is registered as at the authorization server.
	ClientID string `yaml:"client_id"`
	// ClientSecret proves it.
	ClientSecret unit.Secret `yaml:"client_secret"`
	// Scope to ask for, where the authorization server wants one.
	Scope string `yaml:"scope"`
}

const (
	mechanismPlain    = "PLAIN"
	mechanismScram256 = "SCRAM-SHA-256"
	mechanismScram512 = "SCRAM-SHA-512"
	mechanismOAuth    = "OAUTHBEARER"
)

var mechanisms = []string{mechanismPlain, mechanismScram256, mechanismScram512, mechanismOAuth}

func (s *SASL) check() []error {
	var errs []error
	missing := func(path, what string) {
		errs = append(errs, fault.New(fault.ConfigMissing, "%s needs %s", s.Mechanism, what).At(fault.Where{Path: path}).
			WithFix("add %s:", strings.TrimPrefix(path, "sasl.")))
	}
	foreign := func(path string, given bool) {
		if given {
			errs = append(errs, bad(path, "remove it, or change the mechanism", "%s takes no %s", s.Mechanism, strings.TrimPrefix(path, "sasl.")))
		}
	}
	switch {
	case s.Mechanism == "":
		return []error{fault.New(fault.ConfigMissing, "sasl needs a mechanism").At(fault.Where{Path: "sasl.mechanism"}).
			WithFix("use one of %s", strings.Join(mechanisms, ", "))}
	case !slices.Contains(mechanisms, s.Mechanism):
		fix := "use one of " + strings.Join(mechanisms, ", ")
		if near := fault.Nearest(s.Mechanism, mechanisms); near != "" {
			fix = "did you mean " + near + "? " + fix
		}
		return []error{bad("sasl.mechanism", fix, "%q is not a mechanism that winnow knows", s.Mechanism)}
	case s.Mechanism != mechanismOAuth:
		if s.User == "" {
			missing("sasl.user", "a user")
		}
		if s.Password.IsZero() {
			missing("sasl.password", "a password")
		}
		foreign("sasl.token", !s.Token.IsZero())
		foreign("sasl.token_url", s.TokenURL != "")
		foreign("sasl.client_id", s.ClientID != "")
		foreign("sasl.client_secret", !s.ClientSecret.IsZero())
		foreign("sasl.scope", s.Scope != "")
		return errs
	}
	foreign("sasl.user", s.User != "")
	foreign("sasl.password", !s.Password.IsZero())
	switch {
	case s.Token.IsZero() && s.TokenURL == "":
		missing("sasl.token", "a token, or the token_url that issues one")
	case s.TokenURL == "":
	case !s.Token.IsZero():
		errs = append(errs, bad("sasl.token", "keep one of the two", "a token and a token_url are given"))
	default:
		if s.ClientID == "" {
			missing("sasl.client_id", "the client_id that the authorization server knows")
		}
		if s.ClientSecret.IsZero() {
			missing("sasl.client_secret", "the secret of the client_id")
		}
		if u, err := url.Parse(s.TokenURL); err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
			errs = append(errs, bad("sasl.token_url", "write https://HOST/PATH, without user and password", "that is not a URL that tokens can be asked of"))
		}
	}
	return errs
}

// mechanism logs in by franz-go. Secrets are read anew for each connection.
func (s *SASL) mechanism() sasl.Mechanism {
	return named{s.login(), s.User}
}

func (s *SASL) login() sasl.Mechanism {
	scramAuth := func(context.Context) (scram.Auth, error) {
		password, err := s.Password.Reveal()
		return scram.Auth{User: s.User, Pass: password}, err
	}
	switch s.Mechanism {
	case mechanismScram256:
		return scram.Sha256(scramAuth)
	case mechanismScram512:
		return scram.Sha512(scramAuth)
	case mechanismOAuth:
		return oauth.Oauth(s.tokens())
	default:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := s.Password.Reveal()
			return plain.Auth{User: s.User, Pass: password}, err
		})
	}
}

// named is a mechanism that knows who logs in, which CheckRights finds in a client's options.
type named struct {
	sasl.Mechanism
	user string
}
