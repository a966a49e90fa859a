// Package docs runs what the documentation shows. A fenced block that begins with "```console run" holds commands after
// "$ " (continued after "> ") and lines of what they print. A test runs the blocks of a page in order, in one folder with
// the demo's files, and asks that each line shown is printed, in order; "…" in a line stands for anything.
package docs
