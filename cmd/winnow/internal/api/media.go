package api

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	_ "image/gif" // image.DecodeConfig knows the kinds that are imported
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// media looks at images and the file. No backend of this build sees them, so that a request which has some is refused; what
// is wrong with them is told first. Nothing is fetched, and no document is opened.
func (q *question) media() error {
	images, n := make([][]byte, 0, 1), 0
	if q.image != nil && q.image[0] == '"' {
		images, n = append(images, q.image), 1
	} else if q.image != nil {
		if err := elements("image", q.image, func(_ int, v []byte) error {
			if n++; n <= maxImages {
				images = append(images, v)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if n > maxImages {
		return fault.New(fault.ImagesTooMany, "there are %d images, and %d are allowed", n, maxImages).At(fault.Where{Path: "image"})
	}
	for i, value := range images {
		if err := medium("image["+strconv.Itoa(i)+"]", value, picture); err != nil {
			return err
		}
	}
	if q.file != nil {
		if err := medium("file", q.file, paper); err != nil {
			return err
		}
	}
	if len(images) > 0 || q.file != nil {
		return fault.New(fault.InputUnsupported, "the server's classifiers read text, and neither images nor files").
			WithFix("send the text; a backend for images is an endpoint for language models")
	}
	return nil
}

// medium reads an image or a file: the URL of one, or what it holds in base64, which look looks at.
func medium(path string, value []byte, look func(data []byte) error) error {
	text, err := textOf(path, value)
	if err != nil {
		return err
	}
	scheme, rest, isURL := strings.Cut(text, ":") // which base64 does not have
	switch scheme = strings.ToLower(scheme); {
	case isURL && scheme == "data":
		_, text, _ = strings.Cut(rest, ",")
	case isURL && (scheme == "http" || scheme == "https"):
		if u, err := url.Parse(text); err != nil || u.Host == "" {
			return fault.New(fault.URLScheme, "%s is no address", path).At(fault.Where{Path: path})
		}
		return nil
	case isURL:
		return fault.New(fault.URLScheme, "the address in %s is neither http nor https", path).At(fault.Where{Path: path})
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if at, broken := errors.AsType[base64.CorruptInputError](err); broken {
		return fault.New(fault.Base64, "%s is neither an address nor base64: it is broken at character %d", path, int64(at)).At(fault.Where{Path: path})
	}
	return within(path, look(data))
}

// picture refuses what is no image, or too large a one.
func picture(data []byte) error {
	kind := http.DetectContentType(data)
	if !strings.HasPrefix(kind, "image/") {
		return fault.New(fault.ImageType, "it is no image: its content is %s", kind)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat): // of another kind, such as WebP
		return nil
	case err != nil:
		return fault.New(fault.ImageType, "it is no whole image: %w", err)
	case int64(c.Width)*int64(c.Height) > maxPixels:
		return fault.New(fault.ImagePixels, "the image has %d × %d pixels, and %d are allowed", c.Width, c.Height, maxPixels)
	default:
		return nil
	}
}

// paper refuses what is neither PDF nor DOCX, which is a zip archive.
func paper(data []byte) error {
	switch kind := http.DetectContentType(data); {
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return fault.New(fault.DocumentType, "it is a document of Word's before 2007")
	case kind != "application/pdf" && kind != "application/zip":
		return fault.New(fault.DocumentType, "it is neither PDF nor DOCX: its content is %s", kind)
	default:
		return nil
	}
}
