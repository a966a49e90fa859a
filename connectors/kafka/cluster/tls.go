package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// TLS is how a connection is encrypted and whom it trusts.
type TLS struct {
	// CA is a PEM file with the authorities that may have signed the brokers' certificates. Empty: the system's.
	CA string `yaml:"ca"`
	// Cert is a PEM file with the client's certificate, where brokers ask for one.
	Cert string `yaml:"cert"`
	// Key is a PEM file with the private key of cert.
	Key string `yaml:"key"`
	// ServerName is the name that the brokers' certificates must have. Empty: the host of their address.
	ServerName string `yaml:"server_name"`
	// InsecureSkipVerify accepts any certificate, so that anyone between may read and change everything. For tests only.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

func (t *TLS) check() []error {
	switch {
	case t.Cert != "" && t.Key == "":
		return []error{bad("tls.key", "name the file of the certificate's private key", "tls.cert is given without tls.key")}
	case t.Key != "" && t.Cert == "":
		return []error{bad("tls.cert", "name the file of the key's certificate", "tls.key is given without tls.cert")}
	default:
		return nil
	}
}

// config reads the files. The client's certificate is read again for each connection, so that a renewed one is used
// without a restart.
func (t *TLS) config() (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: t.ServerName,
		InsecureSkipVerify: t.InsecureSkipVerify, //nolint:gosec // the user asked for it by this name
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, tlsFile("tls.ca", "the certificate authority can't be read: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, tlsFile("tls.ca", "%s holds no certificate in PEM form", t.CA)
		}
	}
	if t.Cert == "" {
		return cfg, nil
	}
	if _, err := t.certificate(nil); err != nil {
		return nil, err
	}
	cfg.GetClientCertificate = t.certificate
	return cfg, nil
}

func (t *TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, tlsFile("tls.cert", "the client's certificate and key can't be used: %w", err)
	}
	return &pair, nil
}

func tlsFile(path, format string, args ...any) error {
	return fault.New(fault.KafkaTLS, format, args...).At(fault.Where{Path: path}).
		WithFix("check the path, its permissions, and that the file is PEM")
}
