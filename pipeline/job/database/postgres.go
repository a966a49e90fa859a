package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	// postgresConnections is how many connections a process has at most.
	postgresConnections = 16
	// connectTimeout is how long a connection may take to come about, where its address says nothing else.
	connectTimeout = 10 * time.Second
	// idleConnections are closed after that long, so that a server that was restarted is not asked through old ones.
	idleConnections = 5 * time.Minute
)

// Postgres connects to a PostgreSQL database by its address, a URL or a list of settings as libpq has them; what it leaves
// out comes from the variables PGHOST, PGPASSWORD and so on, and from the user's .pgpass. The address holds a password: no
// error repeats it.
func Postgres(ctx context.Context, address string) (*DB, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil { // its text may repeat the address
		return nil, fault.New(fault.ServerDatabase, "the setting is no address of a PostgreSQL database").
			WithFix("write it as postgres://user:password@host:5432/database, with sslmode=verify-full where others can listen")
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	c.RuntimeParams["application_name"] = "winnow"
	db := stdlib.OpenDB(*c)
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(idleConnections)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, unreached(err, c)
	}
	return &DB{db: db, kind: kind{numbered: true, picky: true, conflict: conflictInPostgres, coded: codedByPostgres}}, nil
}

// unreached says why a first connection did not come about.
func unreached(err error, c *pgx.ConnConfig) error {
	place := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "28P01", "28000": // invalid_password, invalid_authorization_specification
			return fault.New(fault.ServerDatabase, "PostgreSQL at %s refuses the login of %q: %s", place, c.User, e.Message).
				WithFix("check user and password, and the server's pg_hba.conf")
		case "3D000": // invalid_catalog_name
			return fault.New(fault.ServerDatabase, "PostgreSQL at %s has no database %q", place, c.Database).
				WithFix("create it: CREATE DATABASE %s OWNER %s", c.Database, c.User)
		case "42501": // insufficient_privilege
			return fault.New(fault.ServerDatabase, "PostgreSQL at %s lets %q not use the database %q: %s", place, c.User, c.Database, e.Message).
				WithFix("GRANT CONNECT ON DATABASE %s TO %s", c.Database, c.User)
		default:
			return fault.New(fault.ServerDatabase, "PostgreSQL at %s refuses the connection: %s (%s)", place, e.Message, e.Code)
		}
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return fault.New(fault.ServerDatabase, "there is no host %q", c.Host).WithFix("check the host in the database's address")
	}
	if e := ofTLS(err); e != nil {
		return fault.New(fault.ServerDatabase, "the connection to PostgreSQL at %s is not trusted: %w", place, e).
			WithFix("set sslrootcert in the database's address to the authority's certificate, and name the host that the certificate names")
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return fault.New(fault.ServerDatabase, "no PostgreSQL answers at %s: %w", place, e.Err).
			WithFix("start it, or check host and port in the database's address")
	}
	return fault.New(fault.ServerDatabase, "no PostgreSQL answers at %s within %s", place, c.ConnectTimeout).
		WithFix("check host and port in the database's address, and what lies between")
}

// ofTLS is what is wrong with a certificate; nil: nothing.
func ofTLS(err error) error {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return e
	}
	return nil
}

func conflictInPostgres(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505" // unique_violation
}

// codedByPostgres decides which errors of the server pass: nothing else does.
func codedByPostgres(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return ofConnection(err)
	case e.Code == "42501": // insufficient_privilege
		return fault.New(fault.ServerDatabase, "PostgreSQL lets the user not do this: %s", e.Message).
			WithFix("make the user the owner of the database, or GRANT CREATE, USAGE ON SCHEMA public to it")
	case e.Code == "53100": // disk_full
		return fault.New(fault.StorageFull, "the database can't grow: %s", e.Message)
	case e.Code[:2] == "08", e.Code[:2] == "53", e.Code[:2] == "57", e.Code == "25006", e.Code[:2] == "40":
		// connection, resources, an operator's intervention, a standby that takes no writes, a deadlock
		return fault.New(fault.StoreUnavailable, "PostgreSQL answers: %s (%s)", e.Message, e.Code)
	default:
		return err
	}
}

// ofConnection is about errors that come from no answer.
func ofConnection(err error) error {
	_, network := errors.AsType[net.Error](err)
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	if network || connecting || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || pgconn.SafeToRetry(err) {
		return fault.New(fault.StoreUnavailable, "the connection to PostgreSQL is lost: %w", err)
	}
	return err
}
