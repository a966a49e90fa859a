package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/winnow-stream/winnow/cmd/winnow/internal/client"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/unit"
)

// jobsCmd asks a server about jobs: files of texts that it labels by itself.
type jobsCmd struct {
	Run     jobsRunCmd     `cmd:"" help:"Have a server label the records of files: create, upload, start, watch and fetch in one go."`
	Create  jobsCreateCmd  `cmd:"" help:"Make a job, and print its id."`
	Upload  jobsUploadCmd  `cmd:"" help:"Send a job the texts of files."`
	Start   jobsStartCmd   `cmd:"" help:"Start a job, or let one go on that failed or was cancelled."`
	List    jobsListCmd    `cmd:"" help:"List jobs, newest first."`
	Show    jobsShowCmd    `cmd:"" help:"Show where a job stands."`
	Watch   jobsWatchCmd   `cmd:"" help:"Show a job's progress until it ends."`
	Results jobsResultsCmd `cmd:"" help:"Fetch the results of a completed job."`
	Cancel  jobsCancelCmd  `cmd:"" help:"Stop a job."`
	Delete  jobsDeleteCmd  `cmd:"" help:"Delete a job with its files."`
}

// remoteFlags say which server is asked, and as whom.
type remoteFlags struct {
	Server string `group:"server" env:"WINNOW_URL" default:"http://localhost:8080" placeholder:"URL" help:"The server: http://HOST:PORT, or unix:PATH. Default: the variable WINNOW_URL, else http://localhost:8080. A key comes from the variable WINNOW_API_KEY."`
}

// keyVariable holds the key: on a command line other users could see it.
const keyVariable = "WINNOW_API_KEY"

// client makes a client of the server. The caller closes it.
func (f *remoteFlags) client() (*client.Client, error) {
	version, _ := buildVersion()
	return client.New(client.Config{Server: f.Server, Key: unit.NewSecret(os.Getenv(keyVariable)), Version: version})
}

// ask calls use with a client of the server. The first signal ends the context.
func (f *remoteFlags) ask(ctx context.Context, m *Main, use func(context.Context, *client.Client) error) error {
	c, err := f.client()
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, stop := m.interruptible(ctx)
	defer stop()
	err = use(ctx, c)
	if err != nil && ctx.Err() != nil && !fault.Is(err, fault.RunInterrupted) {
		return fault.New(fault.RunInterrupted, "stopped").WithFix("what was asked of the server may have been done: winnow jobs list tells")
	}
	return err
}

// askFlags are what a job is to do with its texts.
type askFlags struct {
	Labels     []string          `group:"labels" placeholder:"A,B" help:"The labels, separated by commas (\\, for a comma in a name)."`
	LabelsFile string            `group:"labels" placeholder:"FILE" help:"Labels from JSON or YAML: a list of names, a map name: description, or a list of {name, description, examples}."`
	Describe   map[string]string `group:"labels" mapsep:"none" placeholder:"LABEL=TEXT" help:"What a label means; may be repeated."`
	Classifier string            `group:"labels" placeholder:"NAME" help:"A classifier that the server has saved instead of labels: NAME for its newest version, NAME@v2, or NAME@ALIAS."`
	Backend    string            `group:"labels" placeholder:"NAME" help:"What answers by the labels: static, encoder or auto. Default: what the server's settings say."`
	Mode       string            `group:"labels" placeholder:"MODE" help:"single: one label each. multi: every label that reaches the threshold."`
	Threshold  *float64          `group:"labels" placeholder:"0.3" help:"In multi mode, the confidence from which on a label is given."`
}

// local are the flags as the commands have them that label by themselves.
func (f *askFlags) local() *labelFlags {
	return &labelFlags{Labels: f.Labels, LabelsFile: f.LabelsFile, Describe: f.Describe, Classifier: f.Classifier, Mode: f.Mode, Threshold: f.Threshold}
}

// wanted is what a server is asked to make a job of.
func (f *askFlags) wanted() (*client.Ask, error) {
	set, err := f.local().labels()
	if err != nil {
		return nil, err
	}
	a := &client.Ask{Classifier: f.Classifier, Backend: f.Backend, Labels: set.Names(), Mode: f.Mode, Threshold: f.Threshold}
	for _, l := range set {
		if l.Description != "" {
			if a.Descriptions == nil {
				a.Descriptions = make(map[string]string)
			}
			a.Descriptions[l.Name] = l.Description
		}
		if len(l.Examples) > 0 {
			if a.Examples == nil {
				a.Examples = make(map[string][]string)
			}
			a.Examples[l.Name] = l.Examples
		}
	}
	return a, nil
}

// printJSON prints a value as one line of JSON.
func (m *Main) printJSON(v any) error {
	e := json.NewEncoder(m.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
