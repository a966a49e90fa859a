package main

// modelsCmd is about models of the user's own; its commands are in models_*.go.
type modelsCmd struct {
	Add   modelsAddCmd   `cmd:"" help:"Check a folder with an encoder or an embedding table, and keep it under a name."`
	List  modelsListCmd  `cmd:"" help:"List the models that were added."`
	Show  modelsShowCmd  `cmd:"" help:"Show what is known of a model, and where its files are."`
	Bench modelsBenchCmd `cmd:"" help:"Measure how fast a model is on this machine."`
}
