package api

import (
	"net/url"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// parameter is what a request may have beside its body, for the OpenAPI document.
type parameter struct {
	name   string
	in     string // query or header
	about  string
	schema jsonObject
}

// referencePattern is how a saved classifier is named.
const referencePattern = `^[a-z0-9][a-z0-9._-]{0,63}(@(v[1-9][0-9]{0,5}|[a-uw-z][a-z0-9._-]{0,63}|sha256:[0-9a-f]{8,64}))?$`

// Parameters that routes have in common.
var (
	jobsLimit    = parameter{"limit", "query", "How many are listed at most.", jsonObject{"type": "integer", "minimum": 1, "maximum": maxPage, "default": defaultPage}}
	jobsAfter    = parameter{"after", "query", "The id of the last job of the page before. Empty: the first page.", jsonObject{"type": "string"}}
	batchesAfter = parameter{"after", "query", "The id of the last batch of the page before. Empty: the first page.", jsonObject{"type": "string"}}
	filesLimit   = parameter{"limit", "query", "How many are listed at most.", jsonObject{"type": "integer", "minimum": 1, "maximum": maxFilePage, "default": maxFilePage}}
	filesAfter   = parameter{"after", "query", "The id of the last file of the page before. Empty: the first page.", jsonObject{"type": "string"}}
	filesOrder   = parameter{"order", "query", "By age: the oldest or the newest first.", jsonObject{"type": "string", "enum": jsonList{"asc", "desc"}, "default": "desc"}}
	filesPurpose = parameter{"purpose", "query", "Only files of this purpose.", jsonObject{"type": "string"}}
	queued       = parameter{"queue", "query", "true lets the job wait where another one of the account runs; else that is a conflict.", jsonObject{"type": "boolean", "default": false}}
	restarted    = parameter{"restart", "query", "true lets a job that did not complete begin anew, instead of going on.", jsonObject{"type": "boolean", "default": false}}
	diffFrom     = parameter{"from", "query", "The number of a version. Default: that before to.", jsonObject{"type": "integer", "format": "int64", "minimum": 1}}
	diffTo       = parameter{"to", "query", "The number of a version. Default: the newest.", jsonObject{"type": "integer", "format": "int64", "minimum": 1}}
	jobsStatus   = parameter{"status", "query", "Only jobs of this status, or in this state.", jsonObject{"type": "string", "enum": statusNames()}}
	eventsAfter  = parameter{"after", "query", "The seq of an event: only what came after it. The header Last-Event-ID says the same.", jsonObject{"type": "integer", "format": "int64", "minimum": 0}}
	eventsLast   = parameter{"lastEventId", "query", "The same, as polyfills of browsers' EventSource send it when they come again.", jsonObject{"type": "integer", "format": "int64", "minimum": 0}}
	partial      = parameter{"partial", "query", "true gives also the results of a job that did not complete: those of its first records, without a gap.", jsonObject{"type": "boolean", "default": false}}
	previewLimit = parameter{"limit", "query", "How many rows are shown at most.", jsonObject{"type": "integer", "minimum": 1, "maximum": maxPage, "default": defaultPage}}
	usageFrom    = parameter{"from", "query", "The first day, in UTC; at most 400 to the last. Default: 30 days.", daySchema}
	usageTo      = parameter{"to", "query", "The last day. Default: today.", daySchema}
	usageBy      = parameter{"by", "query", "What the rows are told apart by.", jsonObject{
		"type": "array", "minItems": 1, "uniqueItems": true, "items": jsonObject{"type": "string", "enum": listOfTexts(dimensions)}, "default": jsonList{"day"},
	}}
	idempotency = parameter{
		"Idempotency-Key", "header", "Lets the request be sent again without making anything anew, for 24 hours.",
		jsonObject{"type": "string", "minLength": 1, "maxLength": maxIdemKey, "pattern": "^[ -~]+$"},
	}
	ifMatch = parameter{"If-Match", "header", "The ETag of the version that is the newest as far as the client knows; it is 412 where another one is.", jsonObject{"type": "string"}}
)

// daySchema is a day since 1970.
var daySchema = jsonObject{"type": "string", "format": "date", "pattern": "^(19[7-9][0-9]|[2-9][0-9]{3})-"}

// statusNames are the statuses of jobs that a list can be asked for, and the states that say more.
func statusNames() (all jsonList) {
	for _, s := range job.States {
		for _, name := range []string{statusName(s), string(s)} {
			if !slices.Contains(all, any(name)) {
				all = append(all, name)
			}
		}
	}
	return all
}

func listOfTexts(texts []string) jsonList {
	list := make(jsonList, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// resultMedia are the types that a job's results can have.
func resultMedia() []string {
	var all []string
	for _, format := range []string{table.CSV, table.XLSX, table.JSONL, table.Parquet} {
		all = append(all, table.Output{Format: format}.MediaType())
	}
	return all
}

// pathParameters are the parts of paths that differ, by name.
var pathParameters = map[string]parameter{
	"id":        {about: "The id.", schema: jsonObject{"type": "string", "minLength": 1}},
	"reference": {about: "NAME, NAME@v2 or NAME@ALIAS.", schema: jsonObject{"type": "string", "pattern": referencePattern}},
	"ticket":    {about: "The secret that the address was made with.", schema: jsonObject{"type": "string", "minLength": 1}},
}

// parameters are those of the route's path, and then its others.
func (r *route) parameters() jsonList {
	var all jsonList
	for part := range strings.SplitSeq(r.path, "/") {
		if !strings.HasPrefix(part, "{") || part == "{$}" {
			continue
		}
		name := strings.Trim(part, "{}")
		p, known := pathParameters[name]
		if !known {
			p.schema = jsonObject{"type": "string", "minLength": 1}
		}
		all = append(all, jsonObject{"name": name, "in": "path", "required": true, "description": p.about, "schema": p.schema})
	}
	for _, p := range r.with {
		shown := jsonObject{"name": p.name, "in": p.in, "required": false, "description": p.about, "schema": p.schema}
		if p.schema["type"] == "array" { // its items stand in one value, with commas between
			shown["explode"] = false
		}
		all = append(all, shown)
	}
	return all
}

// flag reads a parameter of a request that is true or false; false where it is not there.
func flag(query url.Values, name string) (bool, error) {
	switch text := query.Get(name); {
	case text == "true":
		return true, nil
	case text == "false", !query.Has(name):
		return false, nil
	default:
		return false, fault.New(fault.FieldRange, "%s is neither true nor false", name).At(fault.Where{Path: name})
	}
}
