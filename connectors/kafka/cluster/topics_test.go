package cluster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/winnow-stream/winnow/connectors/kafka/cluster"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// checkTopics looks for topics on a cluster with tickets, tickets.eu and labels.
func checkTopics(t *testing.T, cl *kgo.Client) {
	for _, test := range []struct {
		name  string
		names []string
		regex string
		found []string
		code  *fault.Code
		want  []string
	}{
		{name: "names", names: []string{"tickets", "labels", "tickets"}, found: []string{"labels", "tickets"}},
		{name: "regex", regex: `^tickets`, found: []string{"tickets", "tickets.eu"}},
		{name: "both", names: []string{"labels"}, regex: `\.eu$`, found: []string{"labels", "tickets.eu"}},
		{name: "regex never matches internal topics", regex: `.`, found: []string{"labels", "tickets", "tickets.eu"}},
		{name: "nothing", found: nil},
		{
			name: "absent", names: []string{"tickets", "tickest", "zzz"}, code: fault.KafkaTopicUnknown,
			want: []string{"topics tickest, zzz do not exist", "did you mean tickets?"},
		},
		{name: "absent, and nothing is near", names: []string{"zzz"}, code: fault.KafkaTopicUnknown, want: []string{"topic zzz does not exist", "use one of labels, tickets, tickets.eu"}},
		{name: "invalid name", names: []string{"a b"}, code: fault.KafkaTopicUnknown, want: []string{"topic a b does not exist"}},
		{name: "internal", names: []string{"__consumer_offsets"}, code: fault.KafkaTopicUnknown, want: []string{"__consumer_offsets"}},
		{name: "regex without a match", regex: `^orders`, code: fault.KafkaTopicUnknown, want: []string{"^orders", "labels, tickets, tickets.eu"}},
		{name: "invalid regex", regex: `(`, code: fault.ConfigField, want: []string{"RE2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := cluster.Topics(t.Context(), cl, test.names, test.regex)
			if test.code == nil && err == nil {
				if diff := cmp.Diff(test.found, found); diff != "" {
					t.Error(diff)
				}
				return
			}
			e, ok := fault.As(err)
			if !ok || e.Code != test.code {
				t.Fatalf("got %v and %v", found, err)
			}
			for _, part := range test.want {
				if !strings.Contains(e.Explain(), part) {
					t.Errorf("%q is missing in %s", part, e.Explain())
				}
			}
		})
	}
}

// checkRights wants the right that lacks named at each step, until nothing lacks any more. The client is the user app's, with
// the transactional id winnow-app; the administrator may do everything.
func checkRights(t *testing.T, cl, super *kgo.Client) {
	admin := kadm.NewClient(super)
	grant := func(b *kadm.ACLBuilder) {
		t.Helper()
		b.Allow("User:app").AllowHosts().ResourcePatternType(kmsg.ACLResourcePatternTypeLiteral)
		created, err := admin.CreateACLs(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range created {
			if c.Err != nil {
				t.Fatal(c.Err)
			}
		}
	}
	check := func(want string) {
		t.Helper()
		// an ACL takes a moment to reach the broker's authorizer
		var got string
		for range 100 {
			err := cluster.CheckRights(t.Context(), cl, "app-group", []string{"tickets"}, []string{"labels"}, true)
			got = ""
			if e, ok := fault.As(err); ok {
				got = e.Explain()
				if e.Code != fault.KafkaAuth {
					t.Fatal(got)
				}
			}
			if got == want {
				return
			}
		}
		t.Errorf("got  %s\nwant %s", got, want)
	}
	check("kafka.auth: User:app lacks READ on topic tickets, WRITE on topic labels, READ on group app-group, WRITE on transactional id winnow-app\n" +
		"  fix: grant it: kafka-acls --add --allow-principal User:app --operation READ --topic tickets, and so on")
	if _, err := cluster.Topics(t.Context(), cl, []string{"tickets"}, ""); !fault.Is(err, fault.KafkaAuth) || !strings.Contains(err.Error(), "User:app lacks DESCRIBE on topic tickets") {
		t.Errorf("a topic that may not be seen: %v", err)
	}

	grant(kadm.NewACLs().Topics("tickets", "labels").Operations(kadm.OpRead))
	check("kafka.auth: User:app lacks WRITE on topic labels, READ on group app-group, WRITE on transactional id winnow-app\n" +
		"  fix: grant it: kafka-acls --add --allow-principal User:app --operation WRITE --topic labels, and so on")

	grant(kadm.NewACLs().Topics("labels").Operations(kadm.OpWrite))
	grant(kadm.NewACLs().Groups("app-group").Operations(kadm.OpRead))
	check("kafka.auth: User:app lacks WRITE on transactional id winnow-app\n" +
		"  fix: grant it: kafka-acls --add --allow-principal User:app --operation WRITE --transactional-id winnow-app")

	grant(kadm.NewACLs().TransactionalIDs("winnow-app").Operations(kadm.OpWrite))
	check("")

	if err := cluster.CheckRights(t.Context(), super, "g", []string{"tickets"}, []string{"labels"}, true); err != nil {
		t.Errorf("the super user: %v", err)
	}
}
