package backing

import (
	"fmt"
	"net/url"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

var (
	startPostgres = sync.OnceValues(func() (string, error) {
		address, _, err := server("postgres", []string{"start", "--set", "fsync=off", "--set", "max_prepared_transactions=8"}, []string{"stop"})
		return address, err
	})
	databaseNumber atomic.Int64
)

// Postgres returns the address of a new, empty database of a PostgreSQL that runs until the package's tests end. Its user
// may do everything there.
func Postgres(t testing.TB) string {
	t.Helper()
	address, err := startPostgres()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test%d", databaseNumber.Add(1))
	SQL(t, address, "CREATE DATABASE "+name)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// SQL runs statements by PostgreSQL's own client.
func SQL(t testing.TB, address string, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if out, err := exec.Command("psql", "-qXv", "ON_ERROR_STOP=1", "-c", s, address).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", s, err, out)
		}
	}
}

func postgres(t *testing.T) func() (*database.DB, error) {
	address := Postgres(t)
	return func() (*database.DB, error) { return database.Postgres(t.Context(), address) }
}
