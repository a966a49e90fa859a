package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
)

// What every route can answer, what those answer beside it that need a key, and those that write.
var (
	everywhere = []int{http.StatusBadRequest, http.StatusForbidden, http.StatusMisdirectedRequest, http.StatusServiceUnavailable}
	withKey    = []int{http.StatusUnauthorized, http.StatusTooManyRequests}
	writing    = []int{http.StatusInsufficientStorage}
)

// document is the OpenAPI document of a table of routes, of a server that needs a key or of one that does not.
func document(version string, routes []route, limits *config.Limits, open bool) ([]byte, error) {
	paths := make(jsonObject)
	for i := range routes {
		r := &routes[i]
		path := strings.TrimSuffix(r.path, "{$}")
		if paths[path] == nil {
			paths[path] = make(jsonObject)
		}
		paths[path].(jsonObject)[strings.ToLower(r.method)] = r.operation(limits, open)
	}
	return json.MarshalIndent(jsonObject{
		"openapi": "3.1.0",
		"info": jsonObject{
			"title": "winnow", "version": version, "license": jsonObject{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Classifies texts by labels. Every error has a code; /docs/errors lists them.",
		},
		"paths": paths,
		"components": jsonObject{
			"schemas":         jsonObject{"problem": schemaOf(problem{}), "openai_error": schemaOf(openAIError{}), "s3_error": s3Schema},
			"securitySchemes": jsonObject{"key": jsonObject{"type": "http", "scheme": "bearer", "description": "A key that winnow keys create made. As long as the server has none, and listens on this machine alone, none is needed."}},
		},
	}, "", "  ")
}

// Schemas that many answers have in common.
var (
	problemContent = content{"application/problem+json": {"$ref": "#/components/schemas/problem"}}
	openAIContent  = jsonOf(jsonObject{"$ref": "#/components/schemas/openai_error"})
	s3Content      = content{"application/xml": {"$ref": "#/components/schemas/s3_error"}}
)

// operation is the route as the document has it.
func (r *route) operation(limits *config.Limits, open bool) jsonObject {
	answers := make(jsonObject)
	for _, status := range append([]int{r.status}, r.also...) {
		answer := jsonObject{"description": http.StatusText(status)}
		switch c := r.answers(); status {
		case http.StatusNoContent, http.StatusFound, http.StatusNotModified:
		case http.StatusPartialContent:
			c["multipart/byteranges"] = jsonObject{"type": "string"}
			fallthrough
		default:
			answer["content"] = c.document()
		}
		answers[strconv.Itoa(status)] = answer
	}
	problem := problemContent
	if r.openAI {
		problem = openAIContent
	}
	for _, status := range r.failures() {
		answer := problem
		if r.s3 { // what fails before the form is looked at fails as on other routes
			answer = maps.Clone(problem)
			maps.Copy(answer, s3Content)
		}
		answers[strconv.Itoa(status)] = jsonObject{"description": http.StatusText(status), "content": answer.document()}
	}
	o := jsonObject{"summary": r.summary, "responses": answers}
	if r.scope != ScopeNone {
		o["security"] = jsonList{jsonObject{"key": jsonList{}}}
		if open {
			o["security"] = append(o["security"].(jsonList), jsonObject{})
		}
		o["x-scope"] = r.scope.String()
	}
	if p := r.parameters(); p != nil {
		o["parameters"] = p
	}
	switch {
	case r.request != nil:
		o["requestBody"] = bodyOf(jsonOf(r.request.schema(limits)))
	case r.lenient != nil:
		o["requestBody"] = bodyOf(jsonOf(r.lenient(limits)))
	case r.form != nil:
		o["requestBody"] = bodyOf(content{"multipart/form-data": r.form})
	}
	return o
}

// failures are the statuses of the route's errors.
func (r *route) failures() []int {
	all := slices.Concat(everywhere, r.problems)
	if r.scope != ScopeNone {
		all = append(all, withKey...)
	}
	if r.scope >= ScopeWrite {
		all = append(all, writing...)
	}
	return all
}

// answers is the content of a success.
func (r *route) answers() content {
	c := make(content)
	if r.answer != nil {
		c["application/json"] = schemaOf(r.answer)
	}
	for _, media := range r.media {
		c[media] = jsonObject{"type": "string"}
	}
	if len(c) == 0 {
		c["text/plain"] = jsonObject{"type": "string"}
	}
	return c
}

// bodyOf is a request's body, with the schema of each of its media types.
func bodyOf(c content) jsonObject { return jsonObject{"required": true, "content": c.document()} }

func (c *call) openAPI() error {
	document := c.server.keyed
	if c.server.open() {
		document = c.server.opened
	}
	c.json(http.StatusOK, document)
	return nil
}
