package cluster

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// right is what an ACL grants.
type right struct{ operation, resource, name string }

func (r right) String() string { return r.operation + " on " + r.resource + " " + r.name }

// CheckRights finds out which rights a client lacks to read and write topics, as a member of the group if one is given and
// in transactions if they are asked for, and names all of them in one error. It changes nothing on the cluster. It is a
// best effort: what a broker does not tell without a real attempt passes, and so do topics that don't exist.
func CheckRights(ctx context.Context, cl *kgo.Client, group string, read, write []string, transactional bool) error {
	missing, err := missingOnTopics(ctx, cl, read, write)
	if err != nil {
		return err
	}
	if group != "" {
		onGroup, err := missingOnGroup(ctx, cl, group)
		if err != nil {
			return err
		}
		missing = append(missing, onGroup...)
	}
	if id, ok := transactionalID(cl); ok && transactional {
		onID, err := missingOnTransactionalID(ctx, cl, id)
		if err != nil {
			return err
		}
		missing = append(missing, onID...)
	}
	if len(missing) == 0 {
		return nil
	}
	return lacking(principal(cl), missing)
}

// lacking names the rights that are missing, and the command that grants the first.
func lacking(who string, missing []right) *fault.Error {
	var names []string
	for _, r := range missing {
		names = append(names, r.String())
	}
	grantee := strings.Replace(who, unknownPrincipal, "PRINCIPAL", 1)
	r := missing[0]
	fix := "grant it: kafka-acls --add --allow-principal " + grantee + " --operation " + r.operation + " --" + strings.ReplaceAll(r.resource, " ", "-") + " " + r.name
	if len(missing) > 1 {
		fix += ", and so on"
	}
	return fault.New(fault.KafkaAuth, "%s lacks %s", who, strings.Join(names, ", ")).WithFix("%s", fix)
}

// missingOnTopics asks for the topics' metadata with what this client may do with them. A topic that may not even be
// described shows no rights, so that the one that is needed is missing too: it implies DESCRIBE.
func missingOnTopics(ctx context.Context, cl *kgo.Client, read, write []string) ([]right, error) {
	if len(read)+len(write) == 0 {
		return nil, nil
	}
	found, err := topicsByName(ctx, cl, slices.Concat(read, write))
	if err != nil {
		return nil, err
	}
	var missing []right
	look := func(names []string, op kmsg.ACLOperation) {
		for _, name := range names {
			t, ok := found[name]
			refused := t.ErrorCode == kerr.TopicAuthorizationFailed.Code
			if ok && !absent(t.ErrorCode) && (refused || !allows(t.AuthorizedOperations, op)) {
				missing = append(missing, right{op.String(), "topic", name})
			}
		}
	}
	look(read, kmsg.ACLOperationRead)
	look(write, kmsg.ACLOperationWrite)
	return missing, nil
}

// missingOnGroup describes the group. A group that nobody was in yet has no rights to show on newer brokers: only whether
// it may be described is known then.
func missingOnGroup(ctx context.Context, cl *kgo.Client, group string) ([]right, error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{group}
	req.IncludeAuthorizedOperations = true
	resp, err := req.RequestWith(ctx, cl)
	read := []right{{"READ", "group", group}}
	switch {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return read, nil
	case err != nil:
		return nil, unlessAnswered(err)
	}
	for _, g := range resp.Groups {
		if g.ErrorCode == kerr.GroupAuthorizationFailed.Code ||
			g.ErrorCode == 0 && !allows(g.AuthorizedOperations, kmsg.ACLOperationRead) {
			return read, nil
		}
	}
	return nil, nil
}

// missingOnTransactionalID describes the transactional id, which WRITE implies the right to.
func missingOnTransactionalID(ctx context.Context, cl *kgo.Client, id string) ([]right, error) {
	req := kmsg.NewPtrDescribeTransactionsRequest()
	req.TransactionalIDs = []string{id}
	resp, err := req.RequestWith(ctx, cl)
	write := []right{{"WRITE", "transactional id", id}}
	switch {
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return write, nil
	case err != nil:
		return nil, unlessAnswered(err)
	}
	for _, t := range resp.TransactionStates {
		if t.ErrorCode == kerr.TransactionalIDAuthorizationFailed.Code {
			return write, nil
		}
	}
	return nil, nil
}

// unlessAnswered lets pass what a broker answers for other reasons than rights, such as that it is too old for the question.
func unlessAnswered(err error) error {
	if _, answered := errors.AsType[*kerr.Error](err); answered {
		return nil
	}
	if e := Coded(err, nil); e.Code != fault.KafkaUnsupported {
		return e
	}
	return nil
}

// allows reads the bits that a broker sets for the operations that are allowed. Brokers that tell nothing allow all.
func allows(bits int32, op kmsg.ACLOperation) bool {
	const omitted = math.MinInt32
	return bits == omitted || bits&(1<<op) != 0
}

// transactionalID is the one that a client was made with.
func transactionalID(cl *kgo.Client) (string, bool) {
	id, ok := cl.OptValue(kgo.TransactionalID).(string)
	return id, ok && id != ""
}

// principal is who a client logs in as.
func principal(cl *kgo.Client) string {
	all, _ := cl.OptValue(kgo.SASL).([]sasl.Mechanism)
	for _, m := range all {
		if n, ok := m.(named); ok && n.user != "" {
			return "User:" + n.user
		}
	}
	return unknownPrincipal
}
