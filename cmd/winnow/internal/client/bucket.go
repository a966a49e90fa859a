package client

import (
	"bufio"
	"context"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// What a server gives an address of may lie in a bucket of S3: then the bytes pass the server by.

// elsewhere tells whether an address that the server gave is one of another server.
func (c *Client) elsewhere(address string) bool {
	u, err := c.base.Parse(address)
	return err == nil && (u.Host != c.base.Host || u.Scheme != c.base.Scheme)
}

// uploadSpooled writes the form into a file of this machine first: S3 takes no form whose length it is not told. The file
// has no name any more when it is written to, so that nothing is left of it.
func (c *Client) uploadSpooled(ctx context.Context, to *Created, write func(context.Context, io.Writer) error) error {
	spool, err := os.CreateTemp("", "winnow-upload-*")
	if err != nil {
		return fault.Storage(err, "upload")
	}
	defer spool.Close()
	if err := os.Remove(spool.Name()); err != nil {
		return fault.Storage(err, spool.Name())
	}
	disk := &written{to: spool}
	buffered := bufio.NewWriterSize(disk, 256<<10)
	form := multipart.NewWriter(buffered)
	if err := fill(ctx, form, to.Fields, write); err != nil {
		if disk.err != nil {
			return disk.err
		}
		return err
	}
	if err := buffered.Flush(); err != nil {
		return disk.err
	}
	size, err := spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return fault.Storage(err, spool.Name())
	}
	return c.persist(ctx, func() error {
		r, err := c.given(ctx, http.MethodPost, to.URL, io.NewSectionReader(spool, 0, size))
		if err != nil {
			return err
		}
		r.ContentLength = size
		r.Header.Set("Content-Type", form.FormDataContentType())
		answer, err := c.do(r)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	})
}

// bucketRefusal is what S3 says; nil where it is not S3 that has answered.
func (c *Client) bucketRefusal(asked *url.URL, status int, data []byte) error {
	var said struct{ Code, Message string }
	if c.elsewhere(asked.String()) {
		_ = xml.Unmarshal(data, &said) // what is no XML says nothing
	}
	switch {
	case said.Code == "":
		return nil
	case said.Code == "EntityTooLarge":
		return fault.New(fault.UploadTooLarge, "the file is larger than is allowed")
	case status == http.StatusForbidden: // another address may do
		return fault.New(fault.DownloadSignature, "the server's bucket answers %s: %s", said.Code, said.Message)
	default:
		return fault.New(fault.ServerAnswer, "the server's bucket answers %d %s: %s", status, said.Code, said.Message)
	}
}
