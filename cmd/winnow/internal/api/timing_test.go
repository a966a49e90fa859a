package api_test

import (
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// TestTiming asks for a job that never was, and for one of another account, 10,000 times each in turns: neither takes
// longer, so that nobody learns which ids there are. Since others use the machine too, there is a second try.
func TestTiming(t *testing.T) {
	if os.Getenv("WINNOW_QUALITY") == "" {
		t.Skip("it measures: make test-all asks for it by WINNOW_QUALITY=1")
	}
	keys := newKeys(t)
	server, _ := newJobs(t, false, func(c *api.Config) { c.Keys = keys })
	owner := map[string]string{"Authorization": "Bearer " + newKey(t, keys, "shop", api.ScopeWrite)}
	other := map[string]string{"Authorization": "Bearer " + newKey(t, keys, "desk", api.ScopeWrite)}
	for _, suffix := range []string{"", "/results"} {
		t.Run("GET /v1/batch/{id}"+suffix, func(t *testing.T) {
			foreign := "/v1/batch/" + makeJob(t, server, owner, labelled).JobID + suffix
			measure := func() (never, foreigns time.Duration) {
				const pairs = 10_000
				var took [2][]time.Duration
				for i := range 2 * pairs {
					path, kind := foreign, (i+i/2)%2 // first one, then the other is first
					if kind == 0 {
						path = "/v1/batch/" + job.NewID() + suffix
					}
					begun := time.Now()
					r := send(t, server, http.MethodGet, path, other, "")
					took[kind] = append(took[kind], time.Since(begun))
					if r.StatusCode != http.StatusNotFound {
						t.Fatalf("status %d %s", r.StatusCode, r.body)
					}
				}
				slices.Sort(took[0])
				slices.Sort(took[1])
				return took[0][pairs/2], took[1][pairs/2]
			}
			for try := range 2 {
				never, foreigns := measure()
				difference := (foreigns - never).Abs()
				t.Logf("medians: %s for one that never was, %s for another account's", never, foreigns)
				if difference <= max(never/20, 5*time.Microsecond) { // far less than another look into the database takes
					return
				}
				if try == 1 {
					t.Errorf("they differ by %s", difference)
				}
			}
		})
	}
}
