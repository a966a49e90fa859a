package catalog

import (
	"regexp"
	"strings"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

var (
	validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
	// asNumber is how versions are referred to, so that no alias can be called so.
	asNumber  = regexp.MustCompile(`^v[0-9]+$`)
	allDigits = regexp.MustCompile(`^[0-9]+$`)
)

// CheckName refuses what can't be a classifier's name: it has 1 to 64 lower-case letters, digits, '-', '_' and '.', the
// first a letter or digit. (So no two names differ by letter case alone, and each is a folder's name everywhere.)
func CheckName(name string) error {
	switch {
	case name == "":
		return fault.New(fault.ClassifierName, "the name is empty")
	case len(name) > maxName:
		return fault.New(fault.ClassifierName, "the name has %d characters, at most %d are allowed", len(name), maxName).WithFix("shorten it")
	case strings.Contains(name, "@"):
		plain, _, _ := strings.Cut(name, "@")
		return fault.New(fault.ClassifierName, "%q names a version, and a version never changes", name).
			WithFix("save under %s alone: that makes its next version", plain)
	case !validName.MatchString(name):
		err := fault.New(fault.ClassifierName, "%q can't be a classifier's name", name)
		if like := likeName(name); like != "" {
			err = err.WithFix("call it %s: lower-case letters, digits, '-', '_' and '.'", like)
		}
		return err
	}
	return nil
}

// likeName makes a valid name of another; empty where nothing is left.
func likeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name)
	return strings.Trim(name[:min(len(name), maxName)], "-._")
}

// CheckAlias refuses what can't be an alias: it is like a name, but is not "latest", which is what a name alone means,
// nor like a version or a hash.
func CheckAlias(alias string) error {
	switch {
	case alias == "latest":
		return fault.New(fault.ClassifierAlias, "%q can't be an alias", alias).WithFix("a name alone is its newest version")
	case asNumber.MatchString(alias), allDigits.MatchString(alias), strings.HasPrefix(alias, "sha256"):
		return fault.New(fault.ClassifierAlias, "%q can't be an alias: it is how versions are named", alias).WithFix("choose a word, such as production")
	case len(alias) > maxName, !validName.MatchString(alias):
		return fault.New(fault.ClassifierAlias, "%q can't be an alias", alias).
			WithFix("use up to %d lower-case letters, digits, '-', '_' and '.', and begin with a letter or digit", maxName)
	}
	return nil
}
