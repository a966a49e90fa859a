package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"github.com/winnow-stream/winnow/pipeline/disk"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

const (
	// partSize is what a put holds in memory; S3 takes 10,000 parts, and so blobs of 78 GiB.
	partSize = 8 << 20
	// metadataTimeout is how long a machine's own credentials may take to come.
	metadataTimeout = 5 * time.Second
	// reachTimeout is how long a bucket may take to answer for the first time.
	reachTimeout = 20 * time.Second
)

// BucketConfig says where a bucket is.
type BucketConfig struct {
	Endpoint  string // http://HOST:PORT or https://HOST
	Region    string
	Name      string
	Prefix    string // of all keys: a folder of the bucket; empty: none
	PathStyle bool   // the bucket is in the path, not in the host's name; false: as is usual for the endpoint
}

// Bucket keeps blobs in S3. It is safe for concurrent use, also by several processes.
//
// Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else from the user's file of AWS
// credentials, else from the machine's role.
type Bucket struct {
	client    *minio.Client
	once      *minio.Client // without repeating what fails
	transport *http.Transport
	cfg       BucketConfig
}

// NewBucket makes a bucket. It asks nobody for anything; Reach does.
func NewBucket(cfg BucketConfig) (*Bucket, error) {
	u, err := url.Parse(cfg.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return nil, fault.New(fault.ServerBlobs, "the endpoint is no address of an S3 server").WithFix("write it as https://s3.eu-central-1.amazonaws.com")
	}
	if err := s3utils.CheckValidBucketNameStrict(cfg.Name); err != nil {
		return nil, fault.New(fault.ServerBlobs, "%q is no name of a bucket: %w", cfg.Name, err).WithFix("check blobs.s3.bucket")
	}
	lookup := minio.BucketLookupAuto
	if cfg.PathStyle {
		lookup = minio.BucketLookupPath
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, fault.New(fault.ServerBlobs, "the bucket can't be used: %w", err)
	}
	options := minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Timeout: metadataTimeout}},
		}),
		Secure: u.Scheme == "https", Transport: transport, Region: cfg.Region, BucketLookup: lookup,
	}
	client, err := minio.New(u.Host, &options)
	if err != nil {
		return nil, fault.New(fault.ServerBlobs, "the bucket can't be used: %w", err)
	}
	options.MaxRetries = 1
	once, err := minio.New(u.Host, &options)
	if err != nil {
		return nil, fault.New(fault.ServerBlobs, "the bucket can't be used: %w", err)
	}
	if cfg.Prefix = strings.Trim(cfg.Prefix, "/"); cfg.Prefix != "" {
		cfg.Prefix += "/"
	}
	return &Bucket{client: client, once: once, transport: transport, cfg: cfg}, nil
}

// Close closes idle connections.
func (b *Bucket) Close() { b.transport.CloseIdleConnections() }

// Reach asks once for the first key: what is wrong with address, credentials or rights shows here.
func (b *Bucket) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	for o := range b.once.ListObjectsIter(ctx, b.cfg.Name, minio.ListObjectsOptions{Prefix: b.cfg.Prefix, MaxKeys: 1, Recursive: true}) {
		if o.Err != nil {
			return b.unreached(o.Err)
		}
		break
	}
	return nil
}

func (b *Bucket) name(key string) string { return b.cfg.Prefix + key }

// reader tells apart why a source ended: to the client a source that was cut off looks like one that has ended.
type reader struct {
	source io.Reader
	n      int64
	err    error
}

// errCut stands in for the source's error.
var errCut = errors.New("the source of a blob did not come whole")

// Read reads from the source.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	r.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		return n, errCut
	}
	return n, err
}

// Put keeps what r gives until its end, and returns how many bytes that was. An error of r's leaves nothing.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := valid(key); err != nil {
		return 0, err
	}
	source := &reader{source: r}
	_, err := b.client.PutObject(ctx, b.cfg.Name, b.name(key), source, -1, minio.PutObjectOptions{PartSize: partSize})
	if source.err != nil {
		return 0, source.err
	}
	return source.n, b.coded(err, key)
}

// PutFile keeps a file of this machine, which stays where it is and is not written to any more.
func (b *Bucket) PutFile(ctx context.Context, key, name string) error {
	if err := valid(key); err != nil {
		return err
	}
	_, err := b.client.FPutObject(ctx, b.cfg.Name, b.name(key), name, minio.PutObjectOptions{PartSize: partSize, NumThreads: 2})
	return b.coded(err, key)
}

// Open opens a blob. Reading fetches it as it is needed, from wherever Seek has gone.
func (b *Bucket) Open(ctx context.Context, key string) (Object, error) {
	if err := valid(key); err != nil {
		return nil, err
	}
	o, err := b.client.GetObject(ctx, b.cfg.Name, b.name(key), minio.GetObjectOptions{})
	if err == nil {
		_, err = o.Stat()
	}
	if err != nil {
		return nil, b.coded(err, key)
	}
	return o, nil
}

// Stat is what is known of a blob.
func (b *Bucket) Stat(ctx context.Context, key string) (Info, error) {
	if err := valid(key); err != nil {
		return Info{}, err
	}
	o, err := b.client.StatObject(ctx, b.cfg.Name, b.name(key), minio.StatObjectOptions{})
	return Info{Key: key, Size: o.Size, Modified: o.LastModified}, b.coded(err, key)
}

// Fetch makes a file of a blob in dir, and returns its path. One that is there whole is left as it is.
func (b *Bucket) Fetch(ctx context.Context, key, dir string) (string, error) {
	info, err := b.Stat(ctx, key)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, path.Base(key))
	if have, err := os.Stat(to); err == nil && have.Size() == info.Size {
		return to, nil
	}
	o, err := b.Open(ctx, key)
	if err != nil {
		return "", err
	}
	defer o.Close()
	return to, b.download(to, &reader{source: o}, key)
}

// download writes a file beside its place, and puts it there when it is whole.
func (b *Bucket) download(to string, o *reader, key string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fault.Storage(err, to)
	}
	file, err := os.Create(to + ".part")
	if err != nil {
		return fault.Storage(err, to)
	}
	defer file.Close()
	if _, err := copyTo(file, o, to); err != nil {
		if o.err != nil {
			return b.coded(o.err, key)
		}
		return err
	}
	if err := file.Sync(); err != nil {
		return fault.Storage(err, to)
	}
	if err := os.Rename(file.Name(), to); err != nil {
		return fault.Storage(err, to)
	}
	return fault.Storage(disk.OS{}.SyncDir(filepath.Dir(to)), to)
}

// Copy makes a blob of another one, within S3.
func (b *Bucket) Copy(ctx context.Context, from, to string) error {
	if err := errors.Join(valid(from), valid(to)); err != nil {
		return err
	}
	_, err := b.client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: b.cfg.Name, Object: b.name(to)}, minio.CopySrcOptions{Bucket: b.cfg.Name, Object: b.name(from)})
	return b.coded(err, from)
}

// Remove removes a blob. One that is not there is no error.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	if err := valid(key); err != nil {
		return err
	}
	return b.coded(b.client.RemoveObject(ctx, b.cfg.Name, b.name(key), minio.RemoveObjectOptions{}), key)
}

// List goes over the blobs whose keys begin with the prefix.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for o := range b.client.ListObjectsIter(ctx, b.cfg.Name, minio.ListObjectsOptions{Prefix: b.name(prefix), Recursive: true}) {
			if o.Err != nil {
				yield(Info{}, b.coded(o.Err, prefix))
				return
			}
			if !yield(Info{Key: strings.TrimPrefix(o.Key, b.cfg.Prefix), Size: o.Size, Modified: o.LastModified}, nil) {
				return
			}
		}
	}
}

// Clean removes what puts that began before a time have left unfinished.
func (b *Bucket) Clean(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var errs []error
	core := minio.Core{Client: b.client}
	for u := range b.client.ListIncompleteUploads(ctx, b.cfg.Name, b.cfg.Prefix, true) {
		if u.Err != nil {
			return errors.Join(append(errs, b.coded(u.Err, b.cfg.Prefix))...)
		}
		if u.Initiated.Before(before) {
			errs = append(errs, b.coded(core.AbortMultipartUpload(ctx, b.cfg.Name, u.Key, u.UploadID), u.Key))
		}
	}
	return errors.Join(errs...)
}
