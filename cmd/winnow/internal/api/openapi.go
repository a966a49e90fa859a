package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// jsonObject and jsonList are JSON's, for documents that are written out here.
type (
	jsonObject = map[string]any
	jsonList   = []any
)

// fieldSchemas are the keys of requests. Aliases are listed beside them, since bodies may have those as well.
var fieldSchemas = map[string]jsonObject{
	"text":         {"type": "string", "minLength": 1, "description": "The text. Older clients call it source."},
	"texts":        {"type": "array", "minItems": 1, "items": jsonObject{"type": "string"}, "description": "The texts. A blank one is an error of its row."},
	"labels":       {"type": "array", "minItems": 1, "maxItems": 200, "items": jsonObject{"type": "string", "minLength": 1, "maxLength": 100}, "description": "The labels to choose from. Required unless there is a classifier."},
	"classifier":   {"type": "string", "description": "A saved classifier instead of labels: NAME, NAME@v2, NAME@ALIAS."},
	"descriptions": {"type": "object", "additionalProperties": jsonObject{"type": "string"}, "description": "What labels mean, by label."},
	"examples":     {"type": "object", "additionalProperties": jsonObject{"type": "array", "maxItems": 100, "items": jsonObject{"type": "string"}}, "description": "Texts that have a label, by label."},
	"source_type":  {"type": "string", "maxLength": maxSourceType, "description": "What the texts are. Newer clients call it text_type."},
	"priority":     {"type": "string", "enum": jsonList{"standard", "fast"}, "description": "Older clients call it speed."},
	"cache":        {"type": "boolean", "default": true, "description": "false asks anew, and keeps the new answer."},
	"explain":      {"type": "boolean", "default": false, "description": "true tells which words of the text moved the label's score."},
	"threshold":    {"type": "number", "minimum": 0, "maximum": 1, "default": defaultTagThreshold, "description": "Labels come whose confidence is above it."},
	"mode":         {"type": "string", "enum": jsonList{"single", "multi"}, "default": "single"},
	"name":         {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$", "description": "The classifier's name."},
	"notes":        {"type": "string", "description": "What is to be known of the version."},
	"image":        {"description": "Refused with 422: no classifier of this server sees images.", "oneOf": jsonList{jsonObject{"type": "string"}, jsonObject{"type": "array", "maxItems": maxImages, "items": jsonObject{"type": "string"}}}},
	"file":         {"type": "string", "description": "Refused with 422: no classifier of this server reads files."},
}

// schema is a body's.
func (b *body) schema() jsonObject {
	properties := make(jsonObject)
	for _, key := range b.keys {
		properties[key] = fieldSchemas[key]
		for _, other := range []string{"text_type", "speed", "source"} {
			if alias(other) == key {
				properties[other] = fieldSchemas[key]
			}
		}
	}
	return jsonObject{"type": "object", "additionalProperties": false, "properties": properties}
}

// everywhere are the statuses that every route can have.
var everywhere = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}

// document is the OpenAPI document of a table of routes.
func document(version string, routes []route) ([]byte, error) {
	paths := make(jsonObject)
	for i := range routes {
		r := &routes[i]
		path := strings.TrimSuffix(r.path, "{$}")
		if paths[path] == nil {
			paths[path] = make(jsonObject)
		}
		paths[path].(jsonObject)[strings.ToLower(r.method)] = r.operation()
	}
	return json.MarshalIndent(jsonObject{
		"openapi": "3.1.0",
		"info": jsonObject{
			"title": "winnow", "version": version, "license": jsonObject{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Classifies texts by labels. Every error has a code; /docs/errors lists them.",
		},
		"paths": paths,
		"components": jsonObject{
			"schemas":         jsonObject{"problem": schemaOf(problem{}), "openai_error": schemaOf(openAIError{})},
			"securitySchemes": jsonObject{"key": jsonObject{"type": "http", "scheme": "bearer", "description": "A key that winnow keys create made. Without any key on the server, none is needed on this machine."}},
		},
	}, "", "  ")
}

func (r *route) operation() jsonObject {
	content := jsonObject{"text/plain": jsonObject{"schema": jsonObject{"type": "string"}}}
	if r.answer != nil {
		content = jsonObject{"application/json": jsonObject{"schema": schemaOf(r.answer)}}
	}
	answers := jsonObject{strconv.Itoa(r.status): jsonObject{"description": http.StatusText(r.status), "content": content}}
	problem := jsonObject{"application/problem+json": jsonObject{"schema": jsonObject{"$ref": "#/components/schemas/problem"}}}
	if r.openAI {
		problem = jsonObject{"application/json": jsonObject{"schema": jsonObject{"$ref": "#/components/schemas/openai_error"}}}
	}
	for _, status := range append(append([]int{}, everywhere...), r.problems...) {
		answers[strconv.Itoa(status)] = jsonObject{"description": http.StatusText(status), "content": problem}
	}
	o := jsonObject{"summary": r.summary, "responses": answers}
	if r.scope != ScopeNone {
		o["security"] = jsonList{jsonObject{"key": jsonList{}}, jsonObject{}}
		o["x-scope"] = r.scope.String()
	}
	if r.form != nil {
		o["requestBody"] = jsonObject{"required": true, "content": jsonObject{"multipart/form-data": jsonObject{"schema": r.form}}}
	}
	if r.request != nil {
		o["requestBody"] = jsonObject{"required": true, "content": jsonObject{"application/json": jsonObject{"schema": r.request.schema()}}}
	}
	return o
}

// schemaOf is the schema of a value's type.
func schemaOf(v any) any {
	if t := reflect.TypeOf(v); t.Kind() == reflect.Map {
		return jsonObject{"type": "object"}
	}
	s := (&jsonschema.Reflector{DoNotReference: true, Anonymous: true}).Reflect(v)
	s.Version = ""
	return s
}

func (c *call) openAPI() error {
	c.json(http.StatusOK, c.server.document)
	return nil
}
