// Package report puts the outcome of winnow eval into files: JSON for programs, one HTML page for people, and the wrong
// rows as JSONL or CSV. What it writes is a function of what was measured alone: no time, no path of the machine.
package report
