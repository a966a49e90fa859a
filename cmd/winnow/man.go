package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Help is the command's manual below its flags.
func (manCmd) Help() string {
	return `Examples:

  winnow man > /usr/local/share/man/man1/winnow.1`
}

// Run prints the manual in roff, made from the same texts as --help.
func (manCmd) Run(m *Main, k *kong.Kong) error {
	v, _ := buildVersion()
	var b strings.Builder
	fmt.Fprintf(&b, ".TH WINNOW 1 \"\" %q \"User Commands\"\n", "winnow "+v)
	b.WriteString(".SH NAME\nwinnow \\- turn streams and files of text into labelled records\n")
	b.WriteString(".SH SYNOPSIS\n.B winnow\n.I command\n[\\fIflags\\fR] [\\fIarguments\\fR]\n")
	b.WriteString(".SH COMMANDS\n")
	for _, n := range k.Model.Leaves(true) {
		fmt.Fprintf(&b, ".SS %s\n%s\n", roff(n.Summary()), roff(n.Help))
		if n.Detail != "" {
			fmt.Fprintf(&b, ".PP\n.nf\n%s\n.fi\n", roff(n.Detail))
		}
		for _, p := range n.Positional {
			fmt.Fprintf(&b, ".TP\n.I %s\n%s\n", roff(p.Name), roff(p.Help))
		}
		for _, f := range n.Flags {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(f.String()), roff(f.Help))
		}
	}
	b.WriteString(exitCodes)
	_, err := io.WriteString(m.Stdout, b.String())
	return err
}

const exitCodes = `.SH EXIT STATUS
.TP
0
Done.
.TP
1
Failed: damaged input, too many rejected records, a failed test.
.TP
2
Wrong usage, spec or path.
.TP
3
The environment: a folder, a disk, a lock.
.TP
4
Done with rejected records, under --fail-on-rejects.
.TP
130, 143
Interrupted by SIGINT or SIGTERM; the same command continues.
`

// roff escapes a text for a man page.
func roff(s string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
