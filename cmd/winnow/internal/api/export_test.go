package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// The shapes of answers, for tests.
type (
	Classified     = classified
	ClassifiedMany = classifiedMany
	Tagged         = tagged
	TaggedMany     = taggedMany
	Problem        = problem
)

// Drain makes a server answer as one that shuts down.
func (s *Server) Drain() { s.draining.Store(true) }

// StatusOf is the status that an error's code is answered with.
func StatusOf(err error) int {
	e, _ := fault.As(err)
	return statusOf(e.Code)
}

// Asked is a route of the table.
type Asked struct {
	Method, Path string
	Scope        Scope
}

// Routes is the table.
func (s *Server) Routes() []Asked {
	var all []Asked
	for _, r := range s.routes() {
		all = append(all, Asked{r.method, r.path, r.scope})
	}
	return all
}

// Undocumented is what the OpenAPI document does not say of an answer; nothing where it says all. Of paths and methods that it
// does not have, it says nothing.
func (s *Server) Undocumented(a *http.Response) string {
	for _, r := range s.routes() {
		u := a.Request.URL
		if r.method != a.Request.Method || !like(r.path, u.EscapedPath()) || u.Path != cleaned(u.Path) {
			continue
		}
		answer, known := r.operation(&s.cfg.Limits, s.open())["responses"].(jsonObject)[strconv.Itoa(a.StatusCode)].(jsonObject)
		if !known {
			return fmt.Sprintf("%s %s has no answer %d", r.method, r.path, a.StatusCode)
		}
		media := a.Header.Get("Content-Type")
		contents, _ := answer["content"].(jsonObject)
		bare, _, _ := strings.Cut(media, ";")
		if contents[media] == nil && contents[bare] == nil && media != "" {
			return fmt.Sprintf("%s %s has no answer %d of type %s", r.method, r.path, a.StatusCode, media)
		}
	}
	return ""
}

// like tells whether a path is one of a pattern.
func like(pattern, path string) bool {
	parts, given := strings.Split(strings.TrimSuffix(pattern, "{$}"), "/"), strings.Split(path, "/")
	return slices.EqualFunc(parts, given, func(part, is string) bool { return part == is || strings.HasPrefix(part, "{") && is != "" })
}
