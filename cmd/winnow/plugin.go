package main

// pluginCmd is about plugins; its commands are in plugin_*.go.
type pluginCmd struct {
	New     pluginNewCmd     `cmd:"" help:"Make a project of a plugin that builds and passes its tests as it is."`
	Test    pluginTestCmd    `cmd:"" help:"Hold a plugin to the protocol's promises, one line each."`
	Install pluginInstallCmd `cmd:"" help:"Copy a plugin and lock the copy, so that specs can name it."`
	List    pluginListCmd    `cmd:"" help:"List installed plugins."`
	Info    pluginInfoCmd    `cmd:"" help:"Show an installed plugin: what it is, its hash, and what it can be told."`
	Remove  pluginRemoveCmd  `cmd:"" help:"Remove an installed plugin."`
}
