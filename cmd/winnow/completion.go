package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the command's manual below its flags.
func (completionCmd) Help() string {
	return `Examples:

  source <(winnow completion bash)
  winnow completion zsh > "${fpath[1]}/_winnow"
  winnow completion fish > ~/.config/fish/completions/winnow.fish`
}

// Run prints the script. Commands and flags are completed, and files everywhere else.
func (c *completionCmd) Run(m *Main, k *kong.Kong) error {
	commands := commandsOf(k.Model)
	switch c.Shell {
	case "fish":
		return fishCompletion(m.Stdout, commands)
	case "zsh":
		if _, err := io.WriteString(m.Stdout, "#compdef winnow\nautoload -U +X bashcompinit && bashcompinit\n"); err != nil {
			return err
		}
	}
	return bashCompletion(m.Stdout, commands)
}

// command is one of the command line's commands.
type command struct {
	path  string // "dead list"
	help  string
	flags []*kong.Flag
	args  []*kong.Positional
}

// words are what can follow a command: the values of its argument, where only some are allowed, else its flags.
func (c *command) words() []string {
	for _, a := range c.args {
		if a.Enum != "" {
			return a.EnumSlice()
		}
	}
	names := make([]string, len(c.flags))
	for i, f := range c.flags {
		names[i] = "--" + f.Name
	}
	return names
}

// commandsOf lists the commands in the order of the help.
func commandsOf(app *kong.Application) []command {
	var all []command
	for _, n := range app.Leaves(true) {
		c := command{path: strings.TrimPrefix(n.FullPath(), app.Name+" "), help: n.Help, args: n.Positional}
		for _, group := range n.AllFlags(true) {
			c.flags = append(c.flags, group...)
		}
		all = append(all, c)
	}
	return all
}

func bashCompletion(w io.Writer, commands []command) error {
	var b strings.Builder
	b.WriteString("_winnow() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words=\n  COMPREPLY=()\n  case \"${COMP_WORDS[*]:1:2}\" in\n")
	first := make(map[string]bool)
	var names []string
	for _, c := range commands {
		if name, _, _ := strings.Cut(c.path, " "); !first[name] {
			first[name] = true
			names = append(names, name)
		}
		typed := c.path
		if !strings.Contains(typed, " ") {
			typed += " "
		}
		fmt.Fprintf(&b, "    %q*) words=%q;;\n", typed, strings.Join(c.words(), " "))
	}
	b.WriteString(subcommands(commands))
	b.WriteString("  esac\n")
	fmt.Fprintf(&b, "  [ \"$COMP_CWORD\" -eq 1 ] && words=%q\n", strings.Join(names, " ")+" --help")
	b.WriteString(`  if [ -n "$words" ] && { [ "$COMP_CWORD" -eq 1 ] || [[ $cur == -* ]] || [[ $words != *--* ]]; }; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _winnow winnow
`)
	_, err := io.WriteString(w, b.String())
	return err
}

// subcommands completes what follows a command that has commands of its own.
func subcommands(commands []command) string {
	var b strings.Builder
	below := make(map[string][]string)
	var order []string
	for _, c := range commands {
		if name, sub, ok := strings.Cut(c.path, " "); ok {
			if below[name] == nil {
				order = append(order, name)
			}
			below[name] = append(below[name], sub)
		}
	}
	for _, name := range order {
		fmt.Fprintf(&b, "    %q*) words=%q;;\n", name+" ", strings.Join(below[name], " "))
	}
	return b.String()
}

func fishCompletion(w io.Writer, commands []command) error {
	var b strings.Builder
	for _, c := range commands {
		name, sub, nested := strings.Cut(c.path, " ")
		fmt.Fprintf(&b, "complete -c winnow -n __fish_use_subcommand -a %s\n", name)
		seen := "__fish_seen_subcommand_from " + name
		if nested {
			fmt.Fprintf(&b, "complete -c winnow -n %s -a %s -d %s\n", fishQuote(seen), sub, fishQuote(c.help))
			seen += "; and __fish_seen_subcommand_from " + sub
		}
		for _, f := range c.flags {
			fmt.Fprintf(&b, "complete -c winnow -n %s -l %s -d %s", fishQuote(seen), f.Name, fishQuote(f.Help))
			if !f.IsBool() {
				b.WriteString(" -r")
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
