package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct {
	JSON bool `help:"Print it as JSON."`
}

// Run prints version, commit and toolchain.
func (c *versionCmd) Run(m *Main) error {
	v, commit := buildVersion()
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(map[string]string{
			"version": v, "commit": commit, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
		})
	}
	if commit != "" {
		v += " (" + commit + ")"
	}
	_, err := fmt.Fprintf(m.Stdout, "winnow %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// buildVersion is the stamped version, else the module's, and the commit it was built from where that is known.
func buildVersion() (v, commit string) {
	v = version
	info, ok := debug.ReadBuildInfo()
	if ok {
		if v == "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	if v == "" {
		v = "devel"
	}
	return v, commit
}
