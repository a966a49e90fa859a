package config

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// prefix begins the names of settings in the environment.
const prefix = "WINNOW_SERVE_"

// Load reads the settings: from the file, unless path is empty, from the environment, as os.Environ gives it, and from
// flags.
func Load(path string, environ []string, flags []spec.Setting) (*Server, error) {
	var data []byte
	if path != "" {
		var err error
		data, err = os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.InputMissing, "there is no such file of settings: %w", err).At(fault.Where{File: path})
		}
		if err != nil {
			return nil, fault.New(fault.InputRead, "%w", err).At(fault.Where{File: path})
		}
	}
	settings, unknown := fromEnvironment(environ)
	s := Default()
	err := spec.Decode(path, data, s, os.LookupEnv, append(settings, flags...)...)
	if err = errors.Join(unknown, err); err != nil {
		return nil, err
	}
	return s, s.check()
}

// fromEnvironment finds the settings among variables. One with the prefix that is no setting is an error.
func fromEnvironment(environ []string) ([]spec.Setting, error) {
	known := make(map[string]string)
	for _, path := range spec.Paths(Server{}) {
		known[prefix+strings.ToUpper(strings.ReplaceAll(path, ".", "_"))] = path
	}
	var settings []spec.Setting
	var errs []error
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		path, ok := known[name]
		if !ok {
			errs = append(errs, unknown(name, known))
			continue
		}
		settings = append(settings, spec.Setting{From: name, Path: path, Value: value})
	}
	return settings, errors.Join(errs...)
}

func unknown(name string, known map[string]string) error {
	names := make([]string, 0, len(known))
	for n := range known {
		names = append(names, n)
	}
	slices.Sort(names)
	err := fault.New(fault.ConfigUnknown, "unknown setting %s in the environment", name).WithFix("the settings are %s", strings.Join(names, ", "))
	if near := fault.Nearest(name, names); near != "" {
		err = err.WithFix("did you mean %s?", near)
	}
	return err
}
