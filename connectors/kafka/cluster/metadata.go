package cluster

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicsByName asks a broker for topics, and for what this client may do with them: kadm hides which topic a refusal is
// about, and answers from a cache.
func topicsByName(ctx context.Context, cl *kgo.Client, names []string) (map[string]kmsg.MetadataResponseTopic, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.IncludeTopicAuthorizedOperations = true
	req.Topics = []kmsg.MetadataRequestTopic{}
	names = slices.Clone(names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	return topics(ctx, cl, req)
}

// allTopics are the names of the topics that this client may see, sorted, internal ones left out.
func allTopics(ctx context.Context, cl *kgo.Client) ([]string, error) {
	found, err := topics(ctx, cl, kmsg.NewPtrMetadataRequest())
	if err != nil {
		return nil, err
	}
	var names []string
	for name, t := range found {
		if !t.IsInternal && !absent(t.ErrorCode) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func topics(ctx context.Context, cl *kgo.Client, req *kmsg.MetadataRequest) (map[string]kmsg.MetadataResponseTopic, error) {
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, Coded(err, nil)
	}
	found := make(map[string]kmsg.MetadataResponseTopic, len(resp.Topics))
	for _, t := range resp.Topics {
		if t.Topic != nil {
			found[*t.Topic] = t
		}
	}
	return found, nil
}

// absent reports that an error code means that there is no such topic. Others mean that it exists and has no leader just
// now, or is not to be seen.
func absent(code int16) bool {
	return code == kerr.UnknownTopicOrPartition.Code || code == kerr.InvalidTopicException.Code
}
