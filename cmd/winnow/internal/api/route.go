package api

import (
	"net/http"
	"path"
	"slices"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// route is one thing that can be asked: a method on a path, who may, and what goes in and out. The table of them is in
// routes.go.
type route struct {
	method string
	path   string // a pattern of net/http's, which the log and the metrics show in place of the path
	scope  Scope
	handle func(*call) error
	openAI bool // errors have OpenAI's shape
	extras bool // parameters that it does not know are ignored: its clients send some
	// fixes are remedies of codes that are others here; nil: there are none.
	fixes map[*fault.Code]string

	// For the OpenAPI document.
	summary  string
	request  *body
	lenient  func(*config.Limits) jsonObject // the schema of a body of which other keys are ignored; nil: it has none
	form     jsonObject                      // the schema of a body that is a form; nil: it is none
	with     []parameter                     // beside those of the path
	answer   any                             // a value of the answer's type; nil: none
	media    []string                        // of what is not JSON; nil: plain text, where there is no answer
	status   int                             // of success
	also     []int                           // other statuses of success
	problems []int
	s3       bool // errors have S3's shape
}

// remedy is what to do about an error of the route's.
func (r *route) remedy(e *fault.Error) string {
	if fix, ok := r.fixes[e.Code]; ok {
		return fix
	}
	return remedy(e)
}

// logged is a method as the log shows it: one that there is, or OTHER.
func (r *route) logged(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "OTHER"
	}
}

// place is a path with its routes, one a method.
type place struct {
	routes []route
}

// find is the route of a request's method; nil where the request is answered by that.
func (p *place) find(c *call) (*route, error) {
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range p.routes {
		if p.routes[i].method == method {
			return &p.routes[i], nil
		}
	}
	c.w.Header().Set("Allow", p.allow())
	if c.w.Header().Get("Access-Control-Allow-Headers") != "" {
		c.w.Header().Set("Access-Control-Allow-Methods", p.allow())
	}
	if method == http.MethodOptions {
		c.write(http.StatusNoContent, nil)
		return nil, nil
	}
	return nil, fault.New(fault.RouteMethod, "%s is not a method of this path", c.route.logged(method))
}

// mux answers for all routes, and for paths that are none.
func (s *Server) mux(routes []route) http.Handler {
	places := make(map[string]*place)
	var paths []string // sorted
	for _, r := range routes {
		if places[r.path] == nil {
			places[r.path] = new(place)
			paths = append(paths, r.path)
		}
		places[r.path].routes = append(places[r.path].routes, r)
	}
	slices.Sort(paths)
	mux := http.NewServeMux()
	for pattern, p := range places {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, p) })
	}
	nowhere := func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, &place{routes: []route{{
			method: r.Method, path: "unknown", handle: func(c *call) error { return unknownRoute(c.r.URL.Path, paths) },
		}}})
	}
	mux.HandleFunc("/", nowhere)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != cleaned(r.URL.Path) { // the mux would redirect
			nowhere(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// cleaned is the path without dots and double slashes.
func cleaned(p string) string {
	if p == "" || p[0] != '/' {
		return "/"
	}
	clean := path.Clean(p)
	if p[len(p)-1] == '/' && clean != "/" {
		clean += "/"
	}
	return clean
}

// unknownRoute names the route that was likely meant.
func unknownRoute(asked string, paths []string) error {
	err := fault.New(fault.RouteUnknown, "there is nothing at this path")
	if near := fault.Nearest(asked, paths); near != "" && len(asked) < 100 {
		err = err.WithFix("did you mean %s?", near)
	}
	return err
}
