package avro

import (
	"testing"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
)

func TestKeyphrases(t *testing.T) {
	const text, want = `{"type":"record","name":"Review","fields":[{"name":"text","type":"string"}]}`,
		`{"text":"a","keyphrases":[{"text":"credit card","score":0.75},{"text":"refund","score":0.5}]}`
	labelled, err := compile(t, text).Labelled(text, []result.Field{{Name: "keyphrases", Kind: result.Keyphrases}})
	if err != nil {
		t.Fatal(err)
	}
	out := compile(t, labelled)
	bin, err := out.AppendBinary(nil, []byte(want))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := out.AppendJSON(nil, bin); err != nil || string(back) != want {
		t.Errorf("%s came back as %s, %v", want, back, err)
	}
}

func TestExplanations(t *testing.T) {
	const text = `{"type":"record","name":"Review","fields":[{"name":"text","type":"string"}]}`
	for kind, want := range map[result.Kind]string{
		result.Explanation:        `{"text":"a","explanation":[{"word":"refund","weight":-1.25,"start":1,"end":7}]}`,
		result.ExplanationByLabel: `{"text":"a","explanation":[{"word":"refund","weight":1.25,"start":1,"end":7,"label":"billing"}]}`,
	} {
		labelled, err := compile(t, text).Labelled(text, []result.Field{{Name: "explanation", Kind: kind}})
		if err != nil {
			t.Fatal(err)
		}
		out := compile(t, labelled)
		bin, err := out.AppendBinary(nil, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := out.AppendJSON(nil, bin); err != nil || string(back) != want {
			t.Errorf("%s came back as %s, %v", want, back, err)
		}
	}
}

func TestEntities(t *testing.T) {
	const text = `{"type":"record","name":"Review","fields":[{"name":"text","type":"string"}]}`
	for kind, want := range map[result.Kind]string{
		result.Entities:       `{"text":"a","entities":[{"type":"email","text":"a@b.com","start":1,"end":8,"confidence":0.99}]}`,
		result.EntitiesWithID: `{"text":"a","entities":[{"type":"email","text":"a@b.com","start":1,"end":8,"confidence":0.99,"id":"7"},{"type":"x","text":"y","start":9,"end":10,"confidence":0.5,"id":null}]}`,
	} {
		labelled, err := compile(t, text).Labelled(text, []result.Field{{Name: "entities", Kind: kind}})
		if err != nil {
			t.Fatal(err)
		}
		out := compile(t, labelled)
		bin, err := out.AppendBinary(nil, []byte(want))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := out.AppendJSON(nil, bin); err != nil || string(back) != want {
			t.Errorf("%s came back as %s, %v", want, back, err)
		}
	}
}
