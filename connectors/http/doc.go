// Package http takes records by HTTP, and posts them.
//
// Source accepts NDJSON by POST. A request is answered when the commit that covers its records is done, so that its
// client may forget them then; whatever is not answered with 200 has to be sent again. It promises:
//
//   - an answer of 200 means that every line has its outcome, which the answer counts;
//   - bytes in flight are bounded; what does not fit is refused with 503 and Retry-After;
//   - a wrong line is a row with a fault, and the others go on;
//   - a client that goes away changes nothing for the others.
//
// Sink posts the rows of batches as NDJSON or JSON arrays. It promises:
//
//   - Write returns when every row is answered for, so that Prepare has nothing left to do;
//   - a request that is sent again has the same Idempotency-Key and the same records, under the same ids;
//   - a row that the endpoint refuses is found, if need be by halving the request, and dies alone.
//
// The sink dials whatever address its operator configured, private ones included: URLs that come from data never get
// here. The package imports pipeline and its leaves, and the codecs.
package http
