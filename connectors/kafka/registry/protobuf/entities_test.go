package protobuf

import (
	"encoding/base64"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
)

func TestFoundInTexts(t *testing.T) {
	const text = `syntax = "proto3"; message M { string text = 1; }`
	s := compile(t, text)
	raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(s.file))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"text":"a","entities":[{"type":"email","text":"a@b.com","start":1,"end":8,"confidence":0.99,"id":"7"}],` +
		`"keyphrases":[{"text":"credit card","score":0.75}],` +
		`"why":[{"word":"refund","weight":-1.25,"start":1,"end":7}],"why_each":[{"word":"refund","weight":1.25,"start":1,"end":7,"label":"billing"}]}`
	for _, form := range []string{text, base64.StdEncoding.EncodeToString(raw)} {
		labelled, err := compile(t, form).Labelled(form, 0, []result.Field{
			{Name: "entities", Kind: result.EntitiesWithID},
			{Name: "keyphrases", Kind: result.Keyphrases},
			{Name: "why", Kind: result.Explanation},
			{Name: "why_each", Kind: result.ExplanationByLabel},
		})
		if err != nil {
			t.Fatal(err)
		}
		out := compile(t, labelled)
		bin, err := out.AppendBinary(nil, 0, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := out.AppendJSON(nil, 0, bin); err != nil || string(back) != want {
			t.Errorf("%s came back as %s, %v", want, back, err)
		}
	}
}
