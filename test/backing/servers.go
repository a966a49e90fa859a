//go:build integration

package backing

var (
	databases = []databaseKind{sqlite, {"PostgreSQL", postgres}}
	blobs     = []blobsKind{folder, {"S3", bucket}}
)
