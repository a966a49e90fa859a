package once_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/once"
	"github.com/winnow-stream/winnow/pipeline/job/database"
)

func Example() {
	dir, err := os.MkdirTemp("", "winnow")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	s, err := once.New(ctx, db)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := api.Repeatable{Account: "shop", Method: "POST", Path: "/v1/batch", Key: "8e03978e", Body: sha256.Sum256([]byte(`{"labels":["bug"]}`))}
	first, err := s.Begin(ctx, r)
	fmt.Println(first, err)
	fmt.Println(s.End(ctx, r, api.Made{Status: 201, Resource: "batch_a1"}))
	again, err := s.Begin(ctx, r)
	fmt.Println(*again, err)
	// Output:
	// <nil> <nil>
	// <nil>
	// {201 batch_a1} <nil>
}
