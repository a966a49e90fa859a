package host

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Program is what is started of a plugin.
type Program struct {
	Name    string
	Version string
	Dir     string   // its folder, in which it runs
	Command []string // the program, a path below Dir or a name to be found in PATH, and its arguments
	Env     []string // names of variables of the host's environment that it sees, beside the few that each one sees
	Secrets []string // values of its configuration that are hidden in what it says
	// Memory is how many bytes its processes may hold together, where the system tells (Linux): beyond that they are ended. 0: as
	// many as they can get.
	Memory int64
}

// hide takes the secrets out of what the plugin says.
func (p *Program) hide(text string) string {
	for _, s := range p.Secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}

// command is the program, ready to be started, with nothing of the environment that it may not see.
func (p *Program) command() (*exec.Cmd, error) {
	name := p.Command[0]
	path := filepath.Join(p.Dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && filepath.Base(name) == name {
		if path, err = exec.LookPath(name); err != nil {
			return nil, fault.New(fault.PluginFile, "plugin %s: its folder holds no %s, and no folder of PATH does", p.Name, name).
				At(fault.Where{File: p.Dir})
		}
	} else if err := p.check(path); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), path, p.Command[1:]...) // it outlives the call; its group ends it
	cmd.Dir = p.Dir
	cmd.Env = []string{} // nil would mean the host's
	for _, names := range [][]string{passedOn, p.Env} {
		for _, name := range names {
			if value, ok := os.LookupEnv(name); ok {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
		}
	}
	return cmd, nil
}

// check holds the program's own file to what is asked of one that is started.
func (p *Program) check(path string) error {
	where := fault.Where{File: path}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fault.New(fault.PluginFile, "plugin %s: its program can't be had: %w", p.Name, err).At(where)
	case !info.Mode().IsRegular():
		return fault.New(fault.PluginFile, "plugin %s: its program is not a file", p.Name).At(where)
	case info.Mode().Perm()&0o111 == 0:
		return fault.New(fault.PluginFile, "plugin %s: its program can't be executed", p.Name).At(where).WithFix("chmod +x it")
	case info.Mode().Perm()&0o002 != 0:
		return fault.New(fault.PluginFile, "plugin %s: everybody may change its program", p.Name).At(where).
			WithFix("chmod o-w it, look at what it is now, and install the plugin again")
	}
	return nil
}
