package ops_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/ops"
	"github.com/winnow-stream/winnow/pipeline"
)

// A pipeline that waits for a broker is not ready, and says why.
func Example() {
	h := ops.Handler(ops.Config{Name: "tickets", Status: func() pipeline.Status {
		return pipeline.Status{Phase: pipeline.Retrying, LastError: "no broker answers"}
	}})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output: 503 {"ready":false,"reasons":[{"code":"retrying","message":"waiting to try again: no broker answers"}]}
}
