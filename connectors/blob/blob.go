package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Info is what is known of a blob without reading it.
type Info struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// Object is an open blob. Use it from one goroutine, and close it.
type Object interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Lister is what RemoveAll needs of a store.
type Lister interface {
	// List goes over the blobs whose keys begin with the prefix, in no order; an error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Remove removes a blob. One that is not there is no error.
	Remove(ctx context.Context, key string) error
}

// RemoveAll removes the blobs whose keys begin with a prefix.
func RemoveAll(ctx context.Context, store Lister, prefix string) error {
	var errs []error
	for info, err := range store.List(ctx, prefix) {
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, store.Remove(ctx, info.Key))
	}
	return errors.Join(errs...)
}

// gone is the error of a blob that is not there.
func gone(key string) error {
	return fault.New(fault.BlobMissing, "there is no blob any more: %w", fs.ErrNotExist).At(fault.Where{File: key})
}

// valid refuses keys that could leave a folder, or that S3 and folders would read differently.
func valid(key string) error {
	if !fs.ValidPath(key) || key == "." {
		return fault.New(fault.Internal, "%q is no key", key)
	}
	return nil
}
