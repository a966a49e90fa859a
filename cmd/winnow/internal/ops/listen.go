package ops

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

const unixPrefix = "unix:"

// Listen opens host:port, or unix:PATH for a socket that only this user may use. Without insecure it refuses what other
// machines can reach.
func Listen(ctx context.Context, address string, insecure bool) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		return listenUnix(ctx, path)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fault.New(fault.ListenAddress, "%q is no address: %w", address, err)
	}
	if !insecure && !Loopback(address) {
		return nil, fault.New(fault.ListenOpen, "%s can be reached from other machines, and nothing asks for a key there", address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	return l, listenError(address, err)
}

// Loopback tells whether an address, as Listen takes it, can be reached from this machine alone.
func Loopback(address string) bool {
	if strings.HasPrefix(address, unixPrefix) {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	return err == nil && LocalName(host)
}

// listenUnix removes the socket that a killed process left behind.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, listenError(path, err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fault.New(fault.ListenAddress, "%s exists and is no socket", path)
	default:
		dialer := net.Dialer{Timeout: time.Second}
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err == nil {
			_ = conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, listenError(path, syscall.EADDRINUSE)
		}
		if err := os.Remove(path); err != nil {
			return nil, listenError(path, err)
		}
	}
	// The socket is born private: between a bind and a chmod anybody could connect. The mask is the process's, so this
	// comes before anything of the pipeline's runs.
	mask := unix.Umask(0o177)
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	unix.Umask(mask)
	return l, listenError(path, err)
}

// listenError codes why an address can't be listened on.
func listenError(address string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.New(fault.ListenInUse, "another process listens on %s", address)
	default:
		return fault.New(fault.ListenAddress, "%w", err)
	}
}
