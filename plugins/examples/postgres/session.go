package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	connectTimeout = 10 * time.Second
	// A process that stops in the middle of a transaction keeps others from its rows no longer than this.
	idleTimeout = 30 * time.Second
	// Who waits for such a process waits a little longer, and less than a call may take.
	lockTimeout = 45 * time.Second
	closeWait   = 2 * time.Second
)

// session connects. What the tables' owners set for the role does not hold for the timeouts and the time zone.
func session(ctx context.Context, c *config) (*pgx.Conn, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	o.ConnectTimeout = connectTimeout
	for name, value := range map[string]string{
		"application_name": "winnow", "timezone": "UTC",
		"idle_in_transaction_session_timeout": milliseconds(idleTimeout), "lock_timeout": milliseconds(lockTimeout),
	} {
		o.RuntimeParams[name] = value
	}
	conn, err := pgx.ConnectConfig(ctx, o)
	if _, refused := errors.AsType[*pgconn.PgError](err); err != nil && !refused {
		return nil, unreached(err)
	}
	return conn, coded(conn, err)
}

// hangUp ends a session.
func hangUp(conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return conn.Close(ctx)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func unreached(err error) error {
	return fault.New(fault.PluginUnavailable, "the database can't be reached: %w", err)
}

// coded gives an error of the server, or of a connection that is gone, the code that says what is to be done about it.
func coded(conn *pgx.Conn, err error) error {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	_, is := fault.As(err)
	switch {
	case err == nil, is:
		return err
	case !ok && conn.IsClosed():
		return unreached(err)
	case !ok:
		return err
	}
	switch class := refused.Code[:2]; {
	case class == "22", refused.Code == "23502", refused.Code == "23514": // data, a null, a check
		return fault.New(fault.RecordType, "the table does not take it: %s", refused.Message)
	case class == "08", class == "53", class == "57", class == "40", refused.Code == "55P03", refused.Code == "25P03":
		// The connection, resources, a server that stops or starts, a transaction that others were in the way of, locks, and an
		// idle transaction that was ended.
		return fault.New(fault.PluginUnavailable, "the database: %s", refused.Message)
	default:
		return fault.New(fault.PluginFailed, "the database says: %s (%s)", refused.Message, refused.Code)
	}
}
