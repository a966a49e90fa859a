package backing

import (
	"context"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/winnow-stream/winnow/connectors/blob"
)

// Store is a store of blobs of either kind.
type Store interface {
	Put(ctx context.Context, key string, r io.Reader) (int64, error)
	PutFile(ctx context.Context, key, name string) error
	Open(ctx context.Context, key string) (blob.Object, error)
	Stat(ctx context.Context, key string) (blob.Info, error)
	Fetch(ctx context.Context, key, dir string) (string, error)
	List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error]
	Remove(ctx context.Context, key string) error
	Clean(ctx context.Context, before time.Time) error
}

// Blobs runs a test over an empty store of every kind there is.
func Blobs(t *testing.T, test func(t *testing.T, store Store)) {
	t.Helper()
	for _, kind := range blobs {
		t.Run(kind.name, func(t *testing.T) { test(t, kind.open(t)) })
	}
}

// Everywhere runs a test over every kind of database with every kind of blobs, both empty.
func Everywhere(t *testing.T, test func(t *testing.T, open Open, store Store)) {
	t.Helper()
	for _, kind := range blobs {
		t.Run(kind.name, func(t *testing.T) {
			Databases(t, func(t *testing.T, open Open) { test(t, open, kind.open(t)) })
		})
	}
}

type blobsKind struct {
	name string
	open func(t *testing.T) Store
}

var folder = blobsKind{"folder", func(t *testing.T) Store {
	f, err := blob.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}}
