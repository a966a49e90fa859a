package sdk_test

import (
	"encoding/json"
	"fmt"

	"github.com/winnow-stream/winnow/plugins/sdk"
)

// A configuration is held to the fields that the plugin knows.
func ExampleTask_Decode() {
	var config struct {
		Model string `json:"model"`
	}
	task := sdk.Task{Config: json.RawMessage(`{"model": "small.bin"}`)}
	fmt.Println(task.Decode(&config), config.Model)
	task.Config = json.RawMessage(`{"modell": "small.bin"}`)
	fmt.Println(task.Decode(&config))
	// Output:
	// <nil> small.bin
	// json: unknown field "modell"
}
