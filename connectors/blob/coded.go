package blob

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// coded decides what an error of S3 is, and which of them pass: nothing else does.
func (b *Bucket) coded(err error, key string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == "NoSuchKey", answer.Code == "NoSuchUpload", answer.Code == "" && answer.StatusCode == http.StatusNotFound:
		return gone(key)
	case answer.StatusCode == http.StatusForbidden, answer.Code == "NoSuchBucket":
		return b.unreached(err)
	default: // a server that answers with 5xx, slows down, or does not answer; and what nobody has foreseen
		return fault.New(fault.BlobsUnavailable, "%s: %w", b.place(), brief(err)).At(fault.Where{File: key})
	}
}

// place is how errors call the bucket.
func (b *Bucket) place() string { return "bucket " + b.cfg.Name + " at " + b.cfg.Endpoint }

// unreached says why a bucket can't be used at all.
func (b *Bucket) unreached(err error) error {
	switch answer := minio.ToErrorResponse(err); {
	case answer.Code == "NoSuchBucket":
		return fault.New(fault.ServerBlobs, "%s: there is no such bucket", b.place()).WithFix("make it, or check blobs.s3.bucket")
	case answer.Code == "InvalidAccessKeyId", answer.Code == "SignatureDoesNotMatch":
		return fault.New(fault.ServerBlobs, "%s: the credentials are refused (%s)", b.place(), answer.Code).
			WithFix("check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and blobs.s3.region")
	case answer.StatusCode == http.StatusForbidden:
		return fault.New(fault.ServerBlobs, "%s: the credentials lack a right (%s)", b.place(), answer.Code).
			WithFix("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and allow s3:ListBucket, GetObject, PutObject, DeleteObject and AbortMultipartUpload")
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return fault.New(fault.ServerBlobs, "%s: there is no such host", b.place()).
			WithFix("check blobs.s3.endpoint; where the host's name has no bucket in it, set path_style: true")
	}
	return fault.New(fault.ServerBlobs, "%s: no S3 server answers: %w", b.place(), brief(err)).WithFix("start it, or check blobs.s3.endpoint")
}

// brief is an error without its URL, which may be signed.
func brief(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
