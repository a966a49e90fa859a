package api

import (
	"io"
	"mime/multipart"

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

// FormParts is the function that gives a form's parts, one after the other.
func FormParts(body io.Reader, boundary string, size int) func() (*multipart.Part, io.Reader, error) {
	f := newForm(body, boundary, size)
	return func() (*multipart.Part, io.Reader, error) {
		p, err := f.next()
		if err != nil {
			return nil, nil, err
		}
		return p.Part, p, nil
	}
}
