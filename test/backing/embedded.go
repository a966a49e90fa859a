//go:build !integration

package backing

var (
	databases = []databaseKind{sqlite}
	blobs     = []blobsKind{folder}
)
