package usage_test

import (
	"context"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/api"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/usage"
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
	s, err := usage.New(ctx, db, zerolog.Nop())
	if err != nil {
		fmt.Println(err)
		return
	}
	s.Count(api.UsageOf{Account: "shop", Day: 20_785, Priority: api.Standard}, api.UsageCounts{Requests: 1, Texts: 100, Tokens: 900})
	used, err := s.Used(ctx, "shop", 20_785, 20_785)
	fmt.Println(used[0].Texts, used[0].Tokens, err)
	// Output: 100 900 <nil>
}
