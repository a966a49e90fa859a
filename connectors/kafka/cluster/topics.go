package cluster

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Topics returns the existing topics that are named or that match the regular expression, which may match anywhere in a
// name as it does for franz-go; sorted, each once. Both may be given; an empty one asks for nothing. Internal topics are
// none of them. A name that does not exist is an error that says what comes near, and so is an expression that matches
// nothing.
func Topics(ctx context.Context, cl *kgo.Client, want []string, regex string) ([]string, error) {
	all, err := allTopics(ctx, cl)
	if err != nil {
		return nil, err
	}
	found, err := byName(ctx, cl, want, all)
	if err != nil {
		return nil, err
	}
	if regex != "" {
		matching, err := match(regex, all)
		if err != nil {
			return nil, err
		}
		found = append(found, matching...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// byName returns the topics of these names. Each is asked for by its name: those that the principal may not see are absent
// from a list of all, but are refused one by one.
func byName(ctx context.Context, cl *kgo.Client, want, all []string) ([]string, error) {
	if len(want) == 0 {
		return nil, nil
	}
	details, err := topicsByName(ctx, cl, want)
	if err != nil {
		return nil, err
	}
	var missing, near []string
	var refused []right
	for _, name := range want {
		switch d, ok := details[name]; {
		case d.IsInternal:
			missing = append(missing, name+" (internal to the broker)")
		case !ok, absent(d.ErrorCode):
			missing = append(missing, name)
			if n := fault.Nearest(name, all); n != "" && !slices.Contains(near, n) {
				near = append(near, n)
			}
		case d.ErrorCode == kerr.TopicAuthorizationFailed.Code:
			refused = append(refused, right{"DESCRIBE", "topic", name})
		}
	}
	switch {
	case len(refused) > 0:
		return nil, lacking(principal(cl), refused)
	case len(missing) == 0:
		return slices.Clone(want), nil
	}
	e := fault.New(fault.KafkaTopicUnknown, "%s", sentence(missing))
	if len(near) > 0 {
		return nil, e.WithFix("did you mean %s? Else create it", strings.Join(near, ", "))
	}
	return nil, e.WithFix("create it, or use one of %s", examples(all))
}

func sentence(missing []string) string {
	if len(missing) == 1 {
		return "topic " + missing[0] + " does not exist"
	}
	return "topics " + strings.Join(missing, ", ") + " do not exist"
}

// match returns the topics whose names a regular expression matches.
func match(regex string, all []string) ([]string, error) {
	re, err := regexp.Compile(regex)
	if err != nil {
		return nil, fault.New(fault.ConfigField, "the regular expression can't be read: %w", err).
			WithFix("write it in the syntax of RE2, such as ^tickets\\.")
	}
	var found []string
	for _, name := range all {
		if re.MatchString(name) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil, fault.New(fault.KafkaTopicUnknown, "no topic's name matches %s", regex).
			WithFix("the topics that can be seen are %s", examples(all))
	}
	return found, nil
}

// examples lists some names.
func examples(names []string) string {
	switch more := len(names) - maxListed; {
	case len(names) == 0:
		return "none"
	case more > 0:
		return strings.Join(names[:maxListed], ", ") + " and others"
	default:
		return strings.Join(names, ", ")
	}
}
