package keyphrase_test

import (
	"fmt"
	"strings"

	"github.com/winnow-stream/winnow/classify/keyphrase"
)

// Tags come from the text itself, best first.
func Example() {
	f, err := keyphrase.New(keyphrase.Config{Tags: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	var tags keyphrase.Tags
	f.Find("Our refund policy: a refund request within 14 days is paid back to the credit card. "+
		"Refund requests after that go to customer support.", &tags)
	for _, tag := range tags.List {
		fmt.Println(tag.Text, tag.Count, tag.Score)
	}
	// Output:
	// refund request 2 0.7484
	// credit card 1 0.6088
	// customer support 1 0.5697
}

// A file of exclusions has a word or phrase on each line.
func ExampleReadExclusions() {
	list, err := keyphrase.ReadExclusions(strings.NewReader("# too general\nrefund policies\n\ncredit-card\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := keyphrase.New(keyphrase.Config{Tags: 3, Exclude: list})
	if err != nil {
		fmt.Println(err)
		return
	}
	var tags keyphrase.Tags
	f.Find("The refund policy is about what was paid by credit card or bank transfer.", &tags)
	for _, tag := range tags.List {
		fmt.Println(tag.Text)
	}
	// Output:
	// bank transfer
	// refund
	// policy
}

// A text without tags says why.
func ExampleFinder_Find_reason() {
	f, err := keyphrase.New(keyphrase.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var tags keyphrase.Tags
	f.Find("It is what it is.", &tags)
	fmt.Println(len(tags.List), tags.Reason)
	// Output: 0 no_phrases
}
