package blob

import (
	"context"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
)

// SignPost makes an address, and the fields of a form, by which anybody may put this blob, of 1 to max bytes, until a time
// that is an hour away at most: S3's presigned POST, under a policy that S3 holds the form to. The last form counts.
func (b *Bucket) SignPost(ctx context.Context, key string, most int64, until time.Time) (address string, fields map[string]string, err error) {
	if err := valid(key); err != nil {
		return "", nil, err
	}
	p := minio.NewPostPolicy()
	for _, set := range []error{p.SetBucket(b.cfg.Name), p.SetKey(b.name(key)), p.SetExpires(until.UTC()), p.SetContentLengthRange(1, most)} {
		if set != nil {
			return "", nil, b.coded(set, key)
		}
	}
	u, fields, err := b.client.PresignedPostPolicy(ctx, p)
	if err != nil {
		return "", nil, b.coded(err, key)
	}
	return u.String(), fields, nil
}

// SignGet makes an address by which anybody may read this blob, also in ranges, as a file of the name, until a time.
func (b *Bucket) SignGet(ctx context.Context, key, name string, until time.Time) (string, error) {
	if err := valid(key); err != nil {
		return "", err
	}
	u, err := b.client.PresignedGetObject(ctx, b.cfg.Name, b.name(key), time.Until(until), url.Values{
		"response-content-disposition": {`attachment; filename="` + name + `"`},
		"response-content-type":        {"application/x-ndjson"},
		"response-cache-control":       {"no-store"},
	})
	if err != nil {
		return "", b.coded(err, key)
	}
	return u.String(), nil
}
