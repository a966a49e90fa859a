package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Uploads keeps files that come in parts.
type Uploads interface {
	Upload(ctx context.Context, account, id string) (*filestore.Upload, error)
	Begin(ctx context.Context, account, name, purpose string, bytes int64) (*filestore.Upload, error)
	Add(ctx context.Context, account, upload string, r io.Reader) (part string, err error)
	Complete(ctx context.Context, account, upload string, parts []string) (*filestore.Upload, *filestore.File, error)
	Cancel(ctx context.Context, account, upload string) (*filestore.Upload, error)
}

// uploadObject is an upload as OpenAI's clients read it.
type uploadObject struct {
	ID        string      `json:"id"`
	Object    string      `json:"object"`
	Bytes     int64       `json:"bytes"`
	CreatedAt int64       `json:"created_at"`
	ExpiresAt int64       `json:"expires_at"`
	Filename  string      `json:"filename"`
	Purpose   string      `json:"purpose"`
	Status    string      `json:"status"`
	File      *fileObject `json:"file"`
}

func shownUpload(u *filestore.Upload, f *filestore.File) uploadObject {
	o := uploadObject{
		ID: u.ID, Object: "upload", Bytes: u.Bytes, CreatedAt: u.Created.Unix(), ExpiresAt: u.Created.Add(filestore.UploadFor).Unix(),
		Filename: u.Name, Purpose: u.Purpose, Status: u.State,
	}
	if f != nil {
		file := shownFile(f)
		o.File = &file
	}
	return o
}

type partObject struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	CreatedAt int64  `json:"created_at"`
	UploadID  string `json:"upload_id"`
}

// beginUpload answers POST /v1/uploads.
func (c *call) beginUpload() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(1<<20, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.makeUpload(data.Bytes()) }, func(status int, id string) error {
		u, err := c.server.cfg.Files.Upload(c.r.Context(), c.who.Account, id)
		if err != nil {
			return err
		}
		return c.marshal(status, shownUpload(u, nil))
	})
}

// makeUpload begins what a request's body describes, and answers with it.
func (c *call) makeUpload(data []byte) (id string, err error) {
	var name, purpose string
	var size int64
	err = lenient(data, map[string]func([]byte) error{
		"filename": textInto("filename", &name), "purpose": textInto("purpose", &purpose),
		"bytes": func(value []byte) (err error) {
			size, err = wholeOf("bytes", value)
			return err
		},
	})
	if err != nil {
		return "", err
	}
	if err := checkPurpose(purpose); err != nil {
		return "", err
	}
	if most := c.server.cfg.Limits.Upload.Bytes(); size < 1 || size > most {
		return "", fault.New(fault.FieldRange, "bytes is not from 1 to %d", most).At(fault.Where{Path: "bytes"})
	}
	u, err := c.server.cfg.Files.Begin(c.r.Context(), c.who.Account, shownName(name), purpose, size)
	if err != nil {
		return "", err
	}
	return u.ID, c.marshal(http.StatusOK, shownUpload(u, nil))
}

// addPart answers POST /v1/uploads/{id}/parts: a form with data.
func (c *call) addPart() error {
	upload := c.r.PathValue("id")
	if _, err := c.server.cfg.Files.Upload(c.r.Context(), c.who.Account, upload); err != nil {
		return err
	}
	parts, err := c.parts()
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		part, err := c.nextPart(parts, n)
		switch {
		case errors.Is(err, io.EOF):
			return fault.New(fault.UploadPart, "the form has no data").At(fault.Where{Path: "data"})
		case err != nil:
			return err
		case part.FormName() != "data":
			continue
		}
		id, err := c.server.cfg.Files.Add(c.r.Context(), c.who.Account, upload, &arriving{call: c, file: part, most: maxPart})
		if err != nil {
			return err
		}
		return c.marshal(http.StatusOK, partObject{ID: id, Object: "upload.part", CreatedAt: time.Now().Unix(), UploadID: upload})
	}
}

// completeUpload answers POST /v1/uploads/{id}/complete.
func (c *call) completeUpload() error {
	if _, err := c.server.cfg.Files.Upload(c.r.Context(), c.who.Account, c.r.PathValue("id")); err != nil {
		return err
	}
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(1<<20, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	var ids []string
	err := lenient(data.Bytes(), map[string]func([]byte) error{"part_ids": func(value []byte) (err error) {
		ids, err = textsOf("part_ids", value, maxParts, fault.FieldRange)
		return err
	}})
	if err != nil {
		return err
	}
	u, f, err := c.server.cfg.Files.Complete(c.r.Context(), c.who.Account, c.r.PathValue("id"), ids)
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, shownUpload(u, f))
}

// cancelUpload answers POST /v1/uploads/{id}/cancel.
func (c *call) cancelUpload() error {
	u, err := c.server.cfg.Files.Cancel(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, shownUpload(u, nil))
}
