package xlsx_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/connectors/file/xlsx"
	"github.com/winnow-stream/winnow/pipeline/disk"
)

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "winnow-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "reviews.xlsx")
	f, err := os.Create(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := `[1,"=SUM(A1) is text here"]` + "\n" + `[2,null]` + "\n"
	if err := xlsx.Write(f, []string{"id", "review"}, strings.NewReader(rows)); err != nil {
		fmt.Println(err)
		return
	}
	if err := f.Close(); err != nil {
		fmt.Println(err)
		return
	}
	layout, _, err := xlsx.Layout(context.Background(), disk.OS{}, path, xlsx.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, column := range layout.Schema.Fields() {
		fmt.Println(column.Name)
	}
	// Output:
	// id
	// review
}
