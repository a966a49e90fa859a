package page_test

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/winnow-stream/winnow/connectors/parquet/page"
)

// A header that claims 2 GiB is refused before anything is allocated for its page.
func ExampleParseHeader() {
	h := format.PageHeader{UncompressedPageSize: 1<<31 - 1, CompressedPageSize: 100}
	h.DataPageHeader.Set(format.DataPageHeader{NumValues: 10})
	b, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		panic(err)
	}
	_, _, err = page.ParseHeader(b)
	fmt.Println(err, errors.Is(err, page.ErrCorrupt))
	// Output: it claims 2147483647 bytes, and the limit is 134217728 true
}
