package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/filestore"
	"github.com/winnow-stream/winnow/connectors/blob"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Files keeps the files of accounts. It is safe for concurrent use; filestore.Store is one.
type Files interface {
	Put(ctx context.Context, account, name, purpose string, r io.Reader) (*filestore.File, error)
	Get(ctx context.Context, account, id string) (*filestore.File, error)
	List(ctx context.Context, account string, l filestore.Listing) ([]*filestore.File, error)
	Outputs(ctx context.Context, job string) ([]*filestore.File, error)
	Open(ctx context.Context, f *filestore.File) (blob.Object, error)
	Drop(ctx context.Context, job string) error
	Delete(ctx context.Context, account, id string) error
	Uploads
}

// fileObject is a file as OpenAI's clients read it.
type fileObject struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Bytes     int64  `json:"bytes"`
	CreatedAt int64  `json:"created_at"`
	Filename  string `json:"filename"`
	Purpose   string `json:"purpose"`
	Status    string `json:"status"`
}

func shownFile(f *filestore.File) fileObject {
	return fileObject{ID: f.ID, Object: "file", Bytes: f.Bytes, CreatedAt: f.Created.Unix(), Filename: f.Name, Purpose: f.Purpose, Status: "processed"}
}

// createFile answers POST /v1/files: a form with a purpose and then a file, in this order as clients send them.
func (c *call) createFile() error {
	parts, err := c.parts()
	if err != nil {
		return err
	}
	purpose := ""
	for n := 0; ; n++ {
		part, err := c.nextPart(parts, n)
		switch {
		case errors.Is(err, io.EOF):
			return fault.New(fault.UploadPart, "the form has no file").At(fault.Where{Path: "file"})
		case err != nil:
			return err
		case part.FormName() == "purpose":
			text, err := io.ReadAll(io.LimitReader(part, maxField))
			if err != nil {
				return fault.New(fault.BodyRead, "the form did not come whole: %w", err)
			}
			purpose = string(text)
		case part.FormName() == "file":
			if err := checkPurpose(purpose); err != nil {
				return err
			}
			return c.keepFile(shownName(part.FileName()), purpose, part)
		}
	}
}

// keepFile keeps a form's file and answers with it, or with the one that the same request kept before.
func (c *call) keepFile(name, purpose string, file io.Reader) error {
	files, ctx := c.server.cfg.Files, context.WithoutCancel(c.r.Context()) // once the file is here
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%q %q ", name, purpose) // a hash takes everything
	if c.repeatable() {
		file = io.TeeReader(file, sum)
	}
	f, err := files.Put(c.r.Context(), c.who.Account, name, purpose, &arriving{call: c, file: file, most: c.server.cfg.Limits.Upload.Bytes()})
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		if err := files.Delete(ctx, c.who.Account, f.ID); err != nil {
			c.server.log.Error().Err(err).Str("request_id", c.id).Msg("remove a file that came again")
		}
	}()
	return c.once([sha256.Size]byte(sum.Sum(nil)), func() (string, error) {
		kept = true
		return f.ID, c.marshal(http.StatusOK, shownFile(f))
	}, func(status int, id string) error {
		before, err := files.Get(ctx, c.who.Account, id)
		if err != nil {
			return err
		}
		return c.marshal(status, shownFile(before))
	})
}

// checkPurpose refuses purposes that nothing here serves.
func checkPurpose(purpose string) error {
	if purpose == filestore.Batch {
		return nil
	}
	return fault.New(fault.FilePurpose, "the purpose %q is none that there is, or does not come before the file", fault.Excerpt(purpose)).At(fault.Where{Path: "purpose"})
}

// shownName is a file's name as it is kept and shown: the last part of what a client sent, which is no path of this machine.
func shownName(name string) string {
	name = path.Base("/" + strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > maxFileName {
		name = string(runes[:maxFileName])
	}
	return name
}

// listFiles answers GET /v1/files.
func (c *call) listFiles() error {
	query := c.r.URL.Query()
	l := filestore.Listing{Purpose: query.Get("purpose"), After: query.Get("after"), Oldest: query.Get("order") == "asc"}
	if order := query.Get("order"); query.Has("order") && order != "asc" && order != "desc" {
		return fault.New(fault.FieldRange, "order is neither asc nor desc").At(fault.Where{Path: "order"})
	}
	limit, err := pageOf(query, maxFilePage, maxFilePage)
	if err != nil {
		return err
	}
	l.Limit = limit + 1
	all, err := c.server.cfg.Files.List(c.r.Context(), c.who.Account, l)
	if fault.Is(err, fault.FileUnknown) {
		return fault.New(fault.ListRange, "after names no file").At(fault.Where{Path: "after"})
	}
	if err != nil {
		return err
	}
	more := len(all) > limit
	shown := make([]fileObject, 0, len(all))
	for _, f := range all[:min(len(all), limit)] {
		shown = append(shown, shownFile(f))
	}
	return c.marshal(http.StatusOK, newList(shown, more, func(f *fileObject) string { return f.ID }))
}

// pageOf reads how many are asked for.
func pageOf(query url.Values, usual, most int) (int, error) {
	if !query.Has("limit") {
		return usual, nil
	}
	n, err := strconv.Atoi(query.Get("limit"))
	if err != nil || n < 1 || n > most {
		return 0, fault.New(fault.ListRange, "limit is not from 1 to %d", most).At(fault.Where{Path: "limit"})
	}
	return n, nil
}

// showFile answers GET /v1/files/{id}.
func (c *call) showFile() error {
	f, err := c.server.cfg.Files.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, shownFile(f))
}

// fileContent answers GET /v1/files/{id}/content, also in ranges.
func (c *call) fileContent() error {
	f, err := c.server.cfg.Files.Get(c.r.Context(), c.who.Account, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	opened, err := c.server.cfg.Files.Open(c.r.Context(), f)
	if err != nil {
		return err
	}
	defer opened.Close()
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	return c.sendContent(f.ID+".jsonl", f.Created, opened, false)
}

type deletedFile struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// deleteFile answers DELETE /v1/files/{id}. A batch that was made of the file keeps what it needs.
func (c *call) deleteFile() error {
	id := c.r.PathValue("id")
	if err := c.server.cfg.Files.Delete(c.r.Context(), c.who.Account, id); err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedFile{ID: id, Object: "file", Deleted: true})
}
