package main

import "github.com/winnow-stream/winnow/cmd/winnow/internal/wire"

// fill puts the flags into what wire makes a spec of.
func (f *labelFlags) fill(s *wire.Simple) {
	s.Classifier, s.Backend, s.Model, s.Mode, s.Threshold = f.Classifier, f.Backend, f.Model, f.Mode, f.Threshold
	s.TopK, s.Abstain, s.Refine, s.Cascade, s.Plugin = f.TopK, f.Abstain, f.Refine, f.Cascade, f.Plugin
	s.Unpinned, s.Calibrate, s.MinRate = f.AllowUnpinned, f.Calibrate, f.MinRate
}

func (f *inputFlags) fill(s *wire.Simple) {
	s.Text, s.InputFormat, s.Encoding, s.Delimiter, s.Sheet = f.Text, f.InputFormat, f.Encoding, f.Delimiter, f.Sheet
}

// options are what a build takes from the command line.
func (f *labelFlags) options(m *Main) wire.Options {
	o := m.options()
	o.Unpinned = f.AllowUnpinned
	return o
}
