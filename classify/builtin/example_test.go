package builtin_test

import (
	"fmt"
	"os"

	"github.com/winnow-stream/winnow/classify/builtin"
	"github.com/winnow-stream/winnow/classify/catalog"
)

// A catalog lists the built-in classifiers beside those that are saved in its folder.
func ExampleAll() {
	cat, err := catalog.New(catalog.Config{Dir: os.TempDir() + "/no-such-folder", Builtins: builtin.All()})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := cat.Resolve("sentiment")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Ref(), v.Builtin, v.Labels.Names())
	// Output: sentiment@v1 true [positive negative neutral]
}
