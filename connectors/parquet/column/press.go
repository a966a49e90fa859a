package column

import (
	"hash/crc32"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// press compresses the pages of one column. It is used by one goroutine.
type press struct {
	codec  format.CompressionCodec
	spares Spares
	column int
	body   []byte // scratch, since a compressor asks for the room of the worst case
}

// encode compresses a version 1 page and puts its header before it.
func (p *press) encode(to *Page, raw []byte, enc format.Encoding) error {
	h := format.PageHeader{Type: format.DataPage}
	h.DataPageHeader.Set(format.DataPageHeader{
		NumValues: int32(to.Entries), Encoding: enc, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	})
	var err error
	to.spares = p.spares
	to.Bytes, to.Uncompressed, err = p.page(&h, raw)
	return err
}

// page returns a page's bytes, header first, and their number before compression.
func (p *press) page(h *format.PageHeader, raw []byte) ([]byte, int, error) {
	body, err := page.Compress(p.codec, p.body[:0], raw)
	if err != nil {
		return nil, 0, err
	}
	p.body = body
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(raw)), int32(len(body))
	h.CRC = int32(crc32.ChecksumIEEE(body))
	head, err := thrift.Marshal(new(thrift.CompactProtocol), h)
	if err != nil {
		return nil, 0, err
	}
	out := p.spares.take(p.column, len(head)+len(body))
	return append(append(out, head...), body...), len(head) + len(raw), nil
}
