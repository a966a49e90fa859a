package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
)

// jsonObject and jsonList are JSON's, for documents that are written out here.
type (
	jsonObject = map[string]any
	jsonList   = []any
)

// Characters as the checks of labels and texts see them (unicode.IsControl and unicode.IsSpace), for patterns.
const (
	controls = `\u0000-\u001f\u007f-\u009f`
	blanks   = ` \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`
	// notBlank finds a character that is no space.
	notBlank = `[^\t\n\u000b\u000c\r\u0085` + blanks + `]`
	// labelPattern is a text of which one character is no space, without control characters.
	labelPattern = `^[^` + controls + `]*[^` + controls + blanks + `][^` + controls + `]*$`
)

// eventNames are those that webhooks can ask for.
func eventNames() (all jsonList) {
	for _, e := range jobEvents {
		all = append(all, e)
	}
	return all
}

// fieldSchemas are the keys of requests, by their newest names.
func fieldSchemas(l *config.Limits) map[string]jsonObject {
	return map[string]jsonObject{
		"text": {"type": "string", "minLength": 1, "pattern": notBlank, "description": "The text, which is not blank. Older clients call it source."},
		"texts": {
			"type": "array", "minItems": 1, "maxItems": l.Texts, "items": jsonObject{"type": "string"},
			"description": "The texts. A blank one is an error of its row.",
		},
		"labels": {
			"type": "array", "minItems": 1, "maxItems": classify.MaxLabels, "uniqueItems": true,
			"items": jsonObject{"type": "string", "minLength": 1, "maxLength": classify.MaxLabelName, "pattern": labelPattern},
			"description": "The labels to choose from. None is blank or has control characters, and no two are the same but for letter case. " +
				"Required where there is no classifier; with one, they are those of its labels that are allowed.",
		},
		"classifier":   {"type": "string", "pattern": referencePattern, "description": "A saved classifier instead of labels, descriptions and examples: NAME, NAME@v2, NAME@ALIAS."},
		"descriptions": {"type": "object", "maxProperties": classify.MaxLabels, "additionalProperties": jsonObject{"type": "string", "maxLength": maxDescription}, "description": "What labels mean, by label."},
		"examples": {
			"type": "object", "maxProperties": classify.MaxLabels, "additionalProperties": jsonObject{
				"type": "array", "maxItems": classify.MaxExamples, "items": jsonObject{"type": "string", "minLength": 1, "pattern": notBlank},
			},
			"description": "Texts that have a label, by label.",
		},
		"backend": {
			"type": "string", "enum": jsonList{config.BackendStatic, config.BackendEncoder, config.BackendAuto},
			"description": "What answers by the labels. static: a table of word vectors, microseconds a text. encoder: a transformer, right more often, a millisecond a text. " +
				"auto: static, and encoder for what that is unsure of. Default: the server's setting backend. A saved classifier has its own.",
		},
		"source_type": {"type": "string", "maxLength": maxSourceType, "description": "What the texts are. Newer clients call it text_type."},
		"priority":    {"type": "string", "enum": jsonList{"standard", "fast"}, "default": "standard", "description": "Both are answered at once. Older clients call it speed."},
		"cache":       {"type": "boolean", "default": true, "description": "false asks anew, and keeps the new answer."},
		"explain":     {"type": "boolean", "default": false, "description": "true tells which words of the text moved the label's score."},
		"threshold":   {"type": "number", "minimum": 0, "maximum": 1, "default": defaultTagThreshold, "description": "Labels come whose confidence is above it. In mode multi alone, where there is a mode."},
		"mode":        {"type": "string", "enum": jsonList{"single", "multi"}, "default": "single", "description": "One label for each text, or every one that fits."},
		"name":        {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$", "description": "The classifier's name."},
		"notes":       {"type": "string", "maxLength": maxDescription, "description": "What is to be known of the version."},
		"notify_email": {
			"type": "string", "format": "email",
			"description": "Who is told by e-mail when the job has ended. Refused where the server sends none. Default: the account's address, or else whom the settings name.",
		},
		"webhook_url": {"type": "string", "pattern": notify.PublicURL, "maxLength": notify.MaxURL, "description": "Where the job's end is posted to, signed by webhook_secret of the answer. No address of a private network."},
		"include": {
			"type": "array", "maxItems": len(includes), "uniqueItems": true, "items": jsonObject{"type": "string", "enum": jsonList{"line", "id", "input", "scores"}},
			"description": "What each line of the results has beside its labels: the number of its line, its id and custom_id, the record as it came, every label with its confidence.",
		},
		"scope": {"type": "string", "enum": jsonList{"read", "write", "admin"}, "default": "write", "description": "What the key allows: to classify and look, to make jobs as well, or all that there is."},
		"expires_in": {
			"type": "integer", "format": "int64", "minimum": 1, "maximum": maxExpiry, "description": "How many seconds the key is valid. Default: until it is deleted.",
		},
		"url":    {"type": "string", "pattern": notify.PublicURL, "maxLength": notify.MaxURL, "description": "Where to post to. No address of a private network."},
		"events": {"type": "array", "maxItems": maxEvents, "items": jsonObject{"type": "string", "enum": eventNames()}, "description": "What is posted. Default: all of it."},
		"image":  {"type": "null", "description": "Anything but null is refused with 422: no classifier of this server sees images."},
		"file":   {"type": "null", "description": "Anything but null is refused with 422: no classifier of this server reads files."},
	}
}

// orNull lets a schema's value be null as well, which is to leave it out.
func orNull(s jsonObject) jsonObject {
	kind, ok := s["type"].(string)
	if !ok || kind == "null" {
		return s
	}
	wide := make(jsonObject, len(s))
	for key, value := range s {
		wide[key] = value
	}
	wide["type"] = jsonList{kind, "null"}
	if enum, ok := s["enum"].(jsonList); ok {
		wide["enum"] = append(slices.Clone(enum), nil)
	}
	return wide
}

// given is a schema of objects that have a key with a value of this type.
func given(key, kind string) jsonObject {
	return jsonObject{"required": jsonList{key}, "properties": jsonObject{key: jsonObject{"type": kind}}}
}

// without is a schema of objects that lack keys.
func without(keys ...string) jsonObject {
	properties := make(jsonObject)
	for _, key := range keys {
		properties[key] = jsonObject{"type": "null"}
	}
	return jsonObject{"properties": properties}
}

// labelled are schemas of objects that say what to choose from, one of which holds.
var labelled = jsonList{
	jsonObject{"allOf": jsonList{given("labels", "array"), without("classifier")}},
	jsonObject{"allOf": jsonList{given("classifier", "string"), without("descriptions", "examples", "backend")}},
}

// schema is a body's.
func (b *body) schema(l *config.Limits) jsonObject {
	fields := fieldSchemas(l)
	var required jsonList
	properties := make(jsonObject)
	for _, key := range b.keys {
		properties[key] = orNull(fields[key])
		switch {
		case key == "text", key == "texts", key == "name", key == "url":
			required = append(required, key)
			properties[key] = fields[key]
		case key == "labels" && !slices.Contains(b.keys, "classifier"):
			required = append(required, key)
			properties[key] = fields[key]
		case key == "backend" && slices.Contains(b.keys, "name"): // what is saved is one of them
			properties[key] = jsonObject{
				"type": jsonList{"string", "null"}, "enum": jsonList{config.BackendStatic, config.BackendEncoder, nil},
				"description": "What answers by the labels: static or encoder. Default: the server's setting backend, where auto stands for encoder.",
			}
		}
	}
	s := jsonObject{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		s["required"] = required
	}
	var all jsonList
	if slices.Contains(b.keys, "classifier") {
		all = append(all, jsonObject{"anyOf": labelled})
	}
	if slices.Contains(b.keys, "mode") && slices.Contains(b.keys, "threshold") {
		multi := jsonObject{"required": jsonList{"mode"}, "properties": jsonObject{"mode": jsonObject{"const": "multi"}}}
		all = append(all, jsonObject{"anyOf": jsonList{without("threshold"), multi}})
	}
	if all != nil {
		s["allOf"] = all
	}
	return s
}

// content is what goes over the wire in one of some media types.
type content map[string]jsonObject

// document is the content as the document has it.
func (c content) document() jsonObject {
	o := make(jsonObject, len(c))
	for media, schema := range c {
		o[media] = jsonObject{"schema": schema}
	}
	return o
}

// jsonOf is content in JSON.
func jsonOf(s jsonObject) content { return content{"application/json": s} }

// formOf is the schema of a form whose last field is a file.
func formOf(fields jsonObject, file, about string) jsonObject {
	required := jsonList{}
	for name := range fields {
		required = append(required, name)
	}
	fields[file] = jsonObject{"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1, "description": about}
	return jsonObject{"type": "object", "properties": fields, "required": append(required, file)}
}

var purposeSchema = jsonObject{"type": "string", "enum": jsonList{filestore.Batch}, "description": "What the file is for. It comes before the file."}

// uploadSchema is the body of POST /v1/uploads. As on all of OpenAI's routes, other keys are ignored.
func uploadSchema(l *config.Limits) jsonObject {
	return jsonObject{"type": "object", "required": jsonList{"purpose", "bytes"}, "properties": jsonObject{
		"filename": jsonObject{"type": jsonList{"string", "null"}, "description": "The file's name."},
		"purpose":  jsonObject{"type": "string", "enum": jsonList{filestore.Batch}, "description": "What the file is for."},
		"bytes":    jsonObject{"type": "integer", "minimum": 1, "maximum": l.Upload.Bytes(), "description": "The file's size."},
	}}
}

// partsSchema is the body of POST /v1/uploads/{id}/complete.
func partsSchema(*config.Limits) jsonObject {
	return jsonObject{"type": "object", "required": jsonList{"part_ids"}, "properties": jsonObject{
		"part_ids": jsonObject{"type": "array", "maxItems": maxParts, "items": jsonObject{"type": "string"}, "description": "The parts in their order."},
	}}
}

// batchSchema is the body of POST /v1/batches.
func batchSchema(l *config.Limits) jsonObject {
	fields := fieldSchemas(l)
	properties := jsonObject{
		"endpoint":          jsonObject{"type": "string", "enum": jsonList{"/v1/classify", "/v1/tag"}, "description": "What answers the requests."},
		"input_file_id":     jsonObject{"type": "string", "minLength": 1, "description": "The file of requests."},
		"completion_window": jsonObject{"type": "string", "enum": jsonList{"24h"}, "description": "As OpenAI has it. A batch takes the time that it takes."},
		"metadata": jsonObject{
			"type": jsonList{"object", "null"}, "maxProperties": maxMetadata, "propertyNames": jsonObject{"maxLength": 64},
			"additionalProperties": jsonObject{"type": "string", "maxLength": 512}, "description": "What the client wants to find again with the batch.",
		},
	}
	for _, key := range append([]string{"notify_email", "webhook_url"}, defaultKeys...) {
		properties[key] = orNull(fields[key])
	}
	tag := jsonObject{"properties": jsonObject{"endpoint": jsonObject{"const": "/v1/tag"}}}
	return jsonObject{
		"type": "object", "required": jsonList{"endpoint", "input_file_id", "completion_window"}, "properties": properties, "allOf": jsonList{
			jsonObject{"anyOf": append(jsonList{without("labels", "classifier", "descriptions", "examples")}, labelled...)},
			jsonObject{"anyOf": jsonList{without("threshold"), tag}},
		},
	}
}

// s3Schema is S3's error.
var s3Schema = jsonObject{"type": "object", "xml": jsonObject{"name": "Error"}, "required": jsonList{"Code", "Message", "RequestId"}, "properties": jsonObject{
	"Code": jsonObject{"type": "string"}, "Message": jsonObject{"type": "string"}, "RequestId": jsonObject{"type": "string"},
}}

// schemaOf is the schema of a value's type. What JSON has as null for a nil pointer may be null, and so may a field with the tag null.
func schemaOf(v any) jsonObject {
	t := reflect.TypeOf(v)
	if t.Kind() == reflect.Map {
		return jsonObject{"type": "object"}
	}
	s := (&jsonschema.Reflector{DoNotReference: true, Anonymous: true}).Reflect(v)
	s.Version = ""
	var plain jsonObject
	data, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(data, &plain)
	}
	if err != nil {
		panic(err) // a schema is JSON
	}
	nullable(t, plain)
	return plain
}

// nullable goes over a type's fields with its schema.
func nullable(t reflect.Type, s jsonObject) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		if items, ok := s["items"].(jsonObject); ok && t.Kind() == reflect.Slice {
			s = items
		}
		t = t.Elem()
	}
	properties, ok := s["properties"].(jsonObject)
	if !ok || t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		field, ok := properties[name].(jsonObject)
		if !ok {
			continue
		}
		nullable(f.Type, field)
		if f.Tag.Get("null") != "" || f.Type.Kind() == reflect.Pointer && !strings.Contains(options, "omitempty") {
			properties[name] = orNull(field)
		}
	}
}
