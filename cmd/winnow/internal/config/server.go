package config

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// Server is what winnow serve is told. Default makes one.
type Server struct {
	// Where the server listens: HOST:PORT, or unix:PATH for a socket of this user alone.
	Listen string `yaml:"listen"`
	// The folder of the server's database, uploads and results. It is made for this user alone.
	Data string `yaml:"data"`
	// Where jobs and keys are kept.
	Store Store `yaml:"store"`
	// Where uploads and results are kept.
	Blobs Blobs `yaml:"blobs"`
	// How files of texts come in.
	Uploads Uploads `yaml:"uploads"`
	// How results go out.
	Downloads Transfer `yaml:"downloads"`
	// How long a job that has ended is kept, with its results.
	Retention unit.Duration `yaml:"retention"`
	// Who is told when a job has ended.
	Notify Notify `yaml:"notify"`
	// The address that clients reach the server by, for the URLs in its answers. Default: the one that a request names.
	PublicURL string `yaml:"public_url"`
	// Networks of proxies, such as 10.0.0.0/8, whose X-Forwarded-Proto and X-Forwarded-Host name the address that clients
	// reach the server by.
	TrustedProxies []string `yaml:"trusted_proxies"`
	// Which other sites' pages may use the server.
	CORS *CORS `yaml:"cors"`
	// Lets machines other than this one ask without a key.
	Insecure bool `yaml:"insecure"`
	// Certificate and key, for HTTPS. Without them the server speaks HTTP.
	TLS *TLS `yaml:"tls"`
	// What answers by labels where a request names no backend. static: a table of word vectors, microseconds a text. encoder: a
	// transformer, right more often, a millisecond a text. auto: static, and encoder for what that is unsure of.
	Backend string `yaml:"backend" jsonschema:"enum=static,enum=encoder,enum=auto"`
	// What a request may ask for.
	Limits Limits `yaml:"limits"`
	// How much a key may ask for. Without it there is no limit.
	Rate *Rate `yaml:"rate"`
	// What a million tokens cost, for the costs in /v1/usage.
	Prices Prices `yaml:"prices"`
	// How answers are kept for texts that come again.
	Cache Cache `yaml:"cache"`
	// How long requests and jobs that have begun get to end when the server is told to stop.
	ShutdownTimeout unit.Duration `yaml:"shutdown_timeout"`
}

// Store is where jobs and keys are kept.
type Store struct {
	// The address of a PostgreSQL database, which several servers may share: postgres://user:password@host:5432/database.
	// Without it: a file of the data folder.
	Postgres unit.Secret `yaml:"postgres"`
}

// Blobs is where uploads and results are kept: in a folder, or in a bucket of S3 or what speaks its API.
type Blobs struct {
	// The folder. Default: blobs in the data folder. Several servers that share a database share the folder as well.
	Folder string `yaml:"folder"`
	// The bucket, instead of a folder.
	S3 *S3 `yaml:"s3"`
}

// S3 is a bucket. Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else from the file
// of AWS credentials, else from the machine's role.
type S3 struct {
	// The bucket's name.
	Bucket string `yaml:"bucket" jsonschema:"required"`
	// The address of the server. Default: that of AWS in the region.
	Endpoint string `yaml:"endpoint"`
	// The region that requests are signed for. Default: us-east-1.
	Region string `yaml:"region"`
	// A folder of the bucket that all keys begin with.
	Prefix string `yaml:"prefix"`
	// The bucket is named by the path, and not by the host. Without it: as is usual for the endpoint.
	PathStyle bool `yaml:"path_style"`
}

// Uploads is how files of texts come in.
type Uploads struct {
	// server: through this server. s3: by presigned addresses of the bucket, so that the bytes pass the server by.
	Via string `yaml:"via" jsonschema:"enum=server,enum=s3"`
	// Takes the whole of the signed form only, as S3 does. Without it, an upload's address with the field key is enough, as
	// the documented examples of Classer's API send it.
	Strict bool `yaml:"strict"`
}

// Transfer is how results go out.
type Transfer struct {
	// server: through this server. s3: by presigned addresses of the bucket, so that the bytes pass the server by.
	Via string `yaml:"via" jsonschema:"enum=server,enum=s3"`
}

// Notify is who is told when a job has ended.
type Notify struct {
	// An address that is posted to.
	Webhook *Webhook `yaml:"webhook"`
	// A mailbox, and the server by which jobs that name one are told.
	Email *Email `yaml:"email"`
	// Lets webhooks of accounts and of jobs have addresses of this machine and of private networks.
	Private bool `yaml:"private"`
}

// Webhook is an address that is posted to, signed as Standard Webhooks has it.
type Webhook struct {
	// Where to.
	URL string `yaml:"url" jsonschema:"required"`
	// What signs it: whsec_ and 24 to 64 random bytes in base64.
	Secret unit.Secret `yaml:"secret" jsonschema:"required"`
	// Lets the address be one of this machine or of a private network.
	Private bool `yaml:"private"`
}

// Email is the server that takes mail, and a mailbox.
type Email struct {
	// Who is told of jobs where neither they nor their account name anybody. Default: nobody.
	To string `yaml:"to"`
	// Who tells.
	From string `yaml:"from" jsonschema:"required"`
	// The SMTP server, HOST:PORT.
	Server string `yaml:"server" jsonschema:"required"`
	// The login. Without it there is none.
	User     string      `yaml:"user"`
	Password unit.Secret `yaml:"password"`
	// How the connection is kept from others: starttls (the default), tls from the start, or none.
	TLS string `yaml:"tls" jsonschema:"enum=starttls,enum=tls,enum=none"`
	// A file of certificates, in PEM: the server's has to be signed by one of them. Default: the system's.
	CA string `yaml:"ca"`
	// The domains of the addresses that jobs may name, such as example.com. Default: any, so that whoever has a key can have mail sent
	// to anybody.
	Domains []string `yaml:"domains"`
}

// Allows tells whether jobs may name an address.
func (e *Email) Allows(address string) bool {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	return len(e.Domains) == 0 || slices.ContainsFunc(e.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// The backends that answer by labels.
const (
	BackendStatic  = "static"
	BackendEncoder = "encoder"
	BackendAuto    = "auto"
)

// Backends are all of them.
var Backends = []string{BackendStatic, BackendEncoder, BackendAuto}

// ViaS3 says that clients reach the bucket by themselves.
const ViaS3 = "s3"

// TLS names the files of a certificate and its key, in PEM.
type TLS struct {
	Cert string `yaml:"cert" jsonschema:"required"`
	Key  string `yaml:"key" jsonschema:"required"`
}

// CORS lets pages of other sites read answers.
type CORS struct {
	// The sites, such as https://app.example.com.
	Origins []string `yaml:"origins" jsonschema:"required"`
}

// Limits bound requests.
type Limits struct {
	// The largest body of a request with texts.
	Body unit.Size `yaml:"body"`
	// The largest file of a job.
	Upload unit.Size `yaml:"upload"`
	// How many bytes of bodies the server holds at once; what comes beyond is told to come again.
	InFlight unit.Size `yaml:"in_flight"`
	// How many texts one request may have.
	Texts int `yaml:"texts" jsonschema:"minimum=1,maximum=100000"`
	// How many tokens a text may have.
	Tokens int `yaml:"tokens" jsonschema:"minimum=1"`
	// How many label sets are kept ready.
	Classifiers int `yaml:"classifiers" jsonschema:"minimum=1,maximum=100000"`
	// How long an answer may take.
	Answer unit.Duration `yaml:"answer"`
}

// Rate bounds how much each key may ask for, by itself on each server. At least one of its fields is set.
type Rate struct {
	// Requests a minute. Without it there is no limit.
	Requests int `yaml:"requests" jsonschema:"minimum=1"`
	// Tokens a minute, of the texts in requests. Without it there is no limit.
	Tokens int64 `yaml:"tokens" jsonschema:"minimum=1,maximum=1000000000000"`
}

// Prices are of a million tokens, in whatever currency. Answers that were kept cost nothing.
type Prices struct {
	// Of priority standard, and of jobs.
	Standard float64 `yaml:"standard" jsonschema:"minimum=0"`
	// Of priority fast.
	Fast float64 `yaml:"fast" jsonschema:"minimum=0"`
}

// Cache bounds the answers that are kept.
type Cache struct {
	// How much memory they may take. 0: none are kept.
	Size unit.Size `yaml:"size"`
	// How long an answer is kept.
	TTL unit.Duration `yaml:"ttl"`
}

// Default is what holds where nothing else is said.
func Default() *Server {
	return &Server{
		Listen:  "127.0.0.1:8080",
		Data:    "winnow-data",
		Backend: BackendStatic,
		Limits: Limits{
			Body: 16 << 20, Upload: 5 << 30, InFlight: 512 << 20, Texts: 1000, Tokens: 1_000_000, Classifiers: 256,
			Answer: unit.Duration(time.Minute),
		},
		Uploads: Uploads{Via: "server"}, Downloads: Transfer{Via: "server"},
		Retention:       unit.Duration(30 * 24 * time.Hour),
		Cache:           Cache{Size: 64 << 20, TTL: unit.Duration(24 * time.Hour)},
		ShutdownTimeout: unit.Duration(30 * time.Second),
	}
}

// Shared tells whether other servers may use the same database or blobs. Else the data folder's lock keeps them out.
func (s *Server) Shared() bool {
	return !s.Store.Postgres.IsZero() || s.Blobs.S3 != nil || s.Blobs.Folder != ""
}

// check is about values that are wrong together, or by themselves in a way that types don't tell.
func (s *Server) check() error {
	var errs []error
	bad := func(path, fix, format string, args ...any) {
		errs = append(errs, fault.New(fault.ConfigField, format, args...).At(fault.Where{Path: path}).WithFix("%s", fix))
	}
	if s.Data == "" {
		bad("data", "name a folder", "data is empty")
	}
	if s.Blobs.S3 != nil && s.Blobs.Folder != "" {
		bad("blobs.folder", "keep one of blobs.folder and blobs.s3", "there is a bucket as well as a folder for blobs")
	}
	for path, via := range map[string]string{"uploads.via": s.Uploads.Via, "downloads.via": s.Downloads.Via} {
		if via == ViaS3 && s.Blobs.S3 == nil {
			bad(path, "name a bucket with blobs.s3.bucket, or leave it at server", "%s is s3, and there is no bucket", path)
		}
	}
	if s.Retention <= 0 {
		bad("retention", "write a duration such as 30d", "retention is %s", s.Retention)
	}
	if u, err := url.Parse(s.PublicURL); s.PublicURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil) {
		bad("public_url", "write it as https://winnow.example.com", "public_url %q is no address of a server", s.PublicURL)
	}
	if s.Notify.Email != nil {
		for i, text := range s.Notify.Email.Domains {
			if text == "" || strings.ContainsAny(text, "@*/ ") {
				bad("notify.email.domains["+strconv.Itoa(i)+"]", "write it as example.com", "%q is no domain", text)
			}
		}
	}
	for i, text := range s.TrustedProxies {
		if _, err := netip.ParsePrefix(text); err != nil {
			bad("trusted_proxies["+strconv.Itoa(i)+"]", "write a network such as 10.0.0.0/8", "%q is no network", text)
		}
	}
	if s.CORS != nil {
		for i, text := range s.CORS.Origins {
			if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != text {
				bad("cors.origins["+strconv.Itoa(i)+"]", "write it as https://app.example.com", "%q is no site", text)
			}
		}
	}
	if size := s.Limits.Body; size <= 0 || size > s.Limits.InFlight {
		bad("limits.body", "choose a size from 1B to limits.in_flight", "limits.body is %s, and limits.in_flight %s", size, s.Limits.InFlight)
	}
	if s.Rate != nil && *s.Rate == (Rate{}) {
		bad("rate", "set rate.requests, rate.tokens or both, or leave rate out", "rate has no limit")
	}
	if s.Limits.Upload <= 0 {
		bad("limits.upload", "choose a size such as 5GiB", "limits.upload is %s", s.Limits.Upload)
	}
	if s.Limits.Answer <= 0 {
		bad("limits.answer", "write a duration such as 1m", "limits.answer is %s", s.Limits.Answer)
	}
	if s.Cache.TTL <= 0 {
		bad("cache.ttl", "write a duration such as 1h; size: 0 turns the cache off", "cache.ttl is %s", s.Cache.TTL)
	}
	return errors.Join(errs...)
}
