// Package api is winnow's HTTP service: it speaks the wire formats of Classer's clients, and of OpenAI's where they run
// batches, so that they work against it by another base URL.
//
// One file a noun: classify.go answers for /v1/classify and its batch form, tag.go for /v1/tag. What a request goes through
// stands in call.go (its life), guard.go (who may ask), body.go (its JSON, read strictly) and problem.go (errors in the
// shape that clients read). routes.go is the table of routes; the OpenAPI document is made of the same table.
//
// A handler returns an error or has answered. An error with a code answers with the status that status.go gives the code;
// one without is logged under the request's id and answered as internal. Nothing of a request's text, key or query is
// ever logged.
package api
