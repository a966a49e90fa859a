package entity_test

import (
	"fmt"

	"github.com/winnow-stream/winnow/classify/entity"
)

// Patterns and a list together: of spans that overlap the longest wins.
func Example() {
	products := entity.NewList(false)
	if _, err := products.Add(entity.Term{Text: "Acme Phone", Type: "product", ID: "P7"}); err != nil {
		fmt.Println(err)
		return
	}
	x, err := entity.New(entity.Config{
		Finders: []entity.Finder{products, entity.NewPatterns("email", "money")}, Types: []string{"product", "email", "money"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text := "Is the ACME phone for $299? Write to ann@example.com."
	for _, s := range x.Find(nil, text) {
		fmt.Printf("%s: %s (%v)\n", x.About().Types[s.Type], text[s.Start:s.End], s.Confidence)
	}
	// Output:
	// product: ACME phone (0.95)
	// money: $299 (0.97)
	// email: ann@example.com (0.99)
}
