package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/job"
)

// uploadPath begins the paths of uploads. What follows is the ticket's secret.
const uploadPath = "/_blob/u/"

// bucket is what the policy calls the place of uploads.
const bucket = "winnow"

// newTicket makes an upload's address and form, as S3's presigned POST has it. The address alone is what lets somebody
// upload, since the documented examples send a part of the form: the fields that they do send have to be these.
func (s *Server) newTicket(key string, now time.Time) job.Ticket {
	secret := newSecret()
	until := now.Add(ticketFor).UTC()
	date := now.UTC().Format("20060102T150405Z")
	const region = "us-east-1"
	credential := bucket + "/" + date[:8] + "/" + region + "/s3/aws4_request"
	policy, _ := json.Marshal(jsonObject{ // of texts and numbers: it can't fail
		"expiration": until.Format("2006-01-02T15:04:05Z"),
		"conditions": jsonList{
			jsonObject{"bucket": bucket},
			jsonObject{"key": key},
			jsonList{"content-length-range", 1, s.cfg.Limits.Upload.Bytes()},
			jsonObject{"x-amz-algorithm": "AWS4-HMAC-SHA256"},
			jsonObject{"x-amz-credential": credential},
			jsonObject{"x-amz-date": date},
		},
	})
	encoded := base64.StdEncoding.EncodeToString(policy)
	return job.Ticket{Secret: secret, Until: until, Fields: map[string]string{
		"key": key, "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": credential, "x-amz-date": date, "policy": encoded,
	}}
}

// signed are the fields of a ticket's form with their signature. It is made of the ticket's secret each time, and is as
// little kept as that.
func signed(t *job.Ticket) map[string]string {
	signing := []byte("AWS4" + t.Secret)
	scope := strings.Split(t.Fields["x-amz-credential"], "/")
	for _, part := range append(scope[1:], t.Fields["policy"]) {
		mac := hmac.New(sha256.New, signing)
		mac.Write([]byte(part))
		signing = mac.Sum(nil)
	}
	fields := maps.Clone(t.Fields)
	fields["x-amz-signature"] = hex.EncodeToString(signing)
	return fields
}

// newSecret makes what a URL may carry: 128 random bits. The database keeps its hash.
func newSecret() string {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // it never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// upload answers the POST of a form to an upload's address. It answers as S3 does, errors in XML.
func (c *call) upload() error {
	err := c.takeUpload()
	if err == nil {
		c.write(http.StatusNoContent, nil)
		return nil
	}
	e := fault.List(err)[0]
	status := statusOf(e.Code)
	if status == http.StatusInternalServerError {
		return err
	}
	name := map[*fault.Code]string{
		fault.UploadSignature: "SignatureDoesNotMatch", fault.UploadExpired: "AccessDenied", fault.UploadUnsigned: "AccessDenied", fault.UploadFields: "InvalidArgument", fault.UploadTooLarge: "EntityTooLarge",
		fault.UploadEmpty: "EntityTooSmall", fault.UploadChecksum: "BadDigest", fault.UploadLength: "IncompleteBody", fault.UploadPart: "MalformedPOSTRequest", fault.JobStarted: "OperationAborted",
	}[e.Code]
	if name == "" {
		name = "InvalidRequest"
	}
	body, err := xml.Marshal(s3Error{Code: name, Message: e.What, RequestID: c.id})
	if err != nil {
		return err
	}
	c.code = e.Code.ID
	c.w.Header().Set("X-Winnow-Code", e.Code.ID)
	c.text(status, "application/xml", xml.Header+string(body))
	return nil
}

type s3Error struct {
	XMLName   struct{} `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

func (c *call) takeUpload() error {
	j, ticket, err := c.server.cfg.Jobs.Store.ByTicket(c.r.Context(), c.r.PathValue("ticket"))
	if err != nil {
		return err
	}
	if j.State != job.Pending {
		return fault.New(fault.JobStarted, "the job was started already")
	}
	parts, err := c.parts()
	if err != nil {
		return err
	}
	file, err := c.fields(parts, signed(ticket))
	if err != nil {
		return err
	}
	sum, err := checksumOf(c.r.Header, file.Header)
	if err != nil {
		return err
	}
	in := sum.reading(file)
	return c.store(j, in, func() error { return errors.Join(in.check(), c.oneFile(parts)) })
}

// parts are those of the request's form.
func (c *call) parts() (*form, error) {
	_, parameters, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err == nil && len(parameters["boundary"]) > maxBoundary {
		return nil, fault.New(fault.UploadPart, "the form's boundary has %d characters, and %d are allowed", len(parameters["boundary"]), maxBoundary)
	}
	if _, err := c.r.MultipartReader(); err != nil { // which reads nothing yet
		return nil, fault.New(fault.UploadPart, "the upload is not a form: %w", err)
	}
	f := newForm(c.r.Body, parameters["boundary"], formBuffer)
	c.r.Body = struct {
		io.Reader
		io.Closer
	}{f, c.r.Body}
	return f, nil
}

// nextPart is a form's part, behind n others; io.EOF behind the last.
func (c *call) nextPart(parts *form, n int) (*part, error) {
	c.patience()
	next, err := parts.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, fault.New(fault.UploadPart, "the form can't be read: %w", err)
	case n == maxFields || headerSize(next) > maxField:
		return nil, fault.New(fault.UploadPart, "the form has more than %d fields, or a part with large headers", maxFields)
	default:
		return next, nil
	}
}

// fields reads a form up to its file, and holds each field to what was issued.
func (c *call) fields(parts *form, issued map[string]string) (*part, error) {
	seen := make(map[string]bool)
	for n := 0; ; n++ {
		part, err := c.nextPart(parts, n)
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.UploadPart, "the form has no file")
		}
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			if !seen["key"] {
				return nil, fault.New(fault.UploadPart, "the form has no key before its file")
			}
			if c.server.cfg.Uploads.Strict {
				return part, wholeForm(seen)
			}
			return part, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil || len(value) > maxField {
			return nil, fault.New(fault.UploadPart, "a field of the form is too large, or did not come whole")
		}
		want, known := issued[name]
		if name == "bucket" { // S3's clients may send it; the policy covers it
			want, known = bucket, true
		}
		if strings.HasPrefix(name, "x-ignore-") {
			continue
		}
		if seen[name] || !known || subtle.ConstantTimeCompare([]byte(want), value) != 1 {
			return nil, fault.New(fault.UploadSignature, "a field of the form is not what was issued, or is there twice")
		}
		seen[name] = true
	}
}

// signatureFields are those that sign a form, beside what they sign, in the order in which S3 misses them.
var signatureFields = []string{"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}

// wholeForm refuses a form whose signature S3 could not verify, since a part of it is left out.
func wholeForm(seen map[string]bool) error {
	if !seen["policy"] {
		return fault.New(fault.UploadUnsigned, "the form has no policy, and the server takes signed forms only")
	}
	for _, name := range signatureFields {
		if !seen[name] {
			return fault.New(fault.UploadFields, "the form has no field %s", name)
		}
	}
	return nil
}

// headerSize is about how many bytes a part's headers have.
func headerSize(p *part) int {
	size := 0
	for name, values := range p.Header {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	return size
}

// patience lets an upload go on as long as it makes progress.
func (c *call) patience() {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(partFor)) // where there are no deadlines, none is needed
}

// store keeps a file under a key of its own, and lets it count when it is there whole, which whole may deny: an upload that
// breaks off leaves nothing.
func (c *call) store(j *job.Job, file io.Reader, whole func() error) error {
	in := &arriving{call: c, file: file, most: c.server.cfg.Limits.Upload.Bytes(), whole: whole}
	key := j.NewKey("input")
	n, err := c.server.cfg.Jobs.Blobs.Put(c.r.Context(), key, in)
	if err != nil {
		return err
	}
	records := in.count.end()
	return c.arrived(j, job.Upload{Key: key, Bytes: n, Records: records, Tokens: estimate(n, records), Warnings: BlankLines(in.count.blank)})
}

// arriving reads an upload, counts it, and holds it to its limits. It ends with io.EOF only where the file came whole.
type arriving struct {
	call  *call
	file  io.Reader
	most  int64        // bytes that are allowed
	whole func() error // holds what came to more, when it came whole; nil: nothing does
	count recordCounter
	n     int64
	quiet int64 // bytes since the client was given more time
}

// Read reads from the upload.
func (a *arriving) Read(p []byte) (int, error) {
	if a.quiet >= transferPart || a.n == 0 {
		a.call.patience()
		a.quiet = 0
	}
	n, err := a.file.Read(p)
	a.count.add(p[:n])
	a.n += int64(n)
	a.quiet += int64(n)
	switch {
	case a.n > a.most:
		return n, fault.New(fault.UploadTooLarge, "the file is larger than the %d bytes that are allowed", a.most)
	case errors.Is(err, io.EOF) && a.n == 0:
		return n, fault.New(fault.UploadEmpty, "the file is empty")
	case errors.Is(err, io.EOF) && a.whole != nil:
		if wrong := a.whole(); wrong != nil {
			return n, wrong
		}
	case errors.Is(err, io.EOF):
	case err != nil:
		return n, a.call.cut()
	}
	return n, err
}

// oneFile holds a form to one file. Other fields behind it mean nothing, as with S3.
func (c *call) oneFile(parts *form) error {
	for range maxFields {
		part, err := parts.next()
		switch {
		case errors.Is(err, io.EOF):
			return c.restOfBody()
		case err != nil:
			return c.cut()
		case strings.EqualFold(part.FormName(), "file"):
			return fault.New(fault.UploadPart, "the form has two files")
		}
	}
	return fault.New(fault.UploadPart, "the form has more than %d fields", maxFields)
}

// restOfBody reads what may follow a form, up to the length that the request has announced.
func (c *call) restOfBody() error {
	switch _, err := io.CopyN(io.Discard, c.r.Body, maxField); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return c.cut()
	default:
		return fault.New(fault.UploadPart, "something long follows the form")
	}
}

// cut tells of a file that ends too early.
func (c *call) cut() error {
	if c.r.ContentLength >= 0 {
		return fault.New(fault.UploadLength, "the form did not come whole, or is longer than the Content-Length of %d bytes", c.r.ContentLength)
	}
	return fault.New(fault.BodyRead, "the file did not come whole")
}

// estimate is about how many tokens a file has: English has one for each 4 bytes, beside the JSON around each text.
func estimate(size, records int64) int64 {
	const around = int64(len(`{"text":""}` + "\n"))
	return max(size-around*records, 0) / 4
}

// BlankLines warns of lines of an input that have no result.
func BlankLines(n int64) []job.Warning {
	if n == 0 {
		return nil
	}
	return []job.Warning{{Code: "lines.blank", Message: "blank lines have no result", Count: n}}
}

// CountRecords counts the records of a job's input, and about how many tokens they have, and its blank lines.
func CountRecords(r io.Reader) (records, tokens, blank int64, err error) {
	var count recordCounter
	size, buffer := int64(0), make([]byte, transferPart)
	for {
		n, err := r.Read(buffer)
		count.add(buffer[:n])
		size += int64(n)
		if errors.Is(err, io.EOF) {
			records = count.end()
			return records, estimate(size, records), count.blank, nil
		}
		if err != nil {
			return 0, 0, 0, err
		}
	}
}

// recordCounter counts lines that are not blank, and those that are.
type recordCounter struct {
	records int64
	blank   int64
	some    bool // the line so far is not blank
}

func (r *recordCounter) add(p []byte) {
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		r.some = r.some || len(line) > 0 && (line[0] > ' ' || len(bytes.TrimLeft(line, " \t\r")) > 0)
		if ended {
			n := r.endLine()
			r.records += n
			r.blank += 1 - n
		}
		p = rest
	}
}

// endLine ends a line: 1 where it was a record.
func (r *recordCounter) endLine() int64 {
	if r.some {
		r.some = false
		return 1
	}
	return 0
}

// end is the count, with a last line that has no end.
func (r *recordCounter) end() int64 { return r.records + r.endLine() }
