package jsonschema

import (
	"testing"

	"github.com/winnow-stream/winnow/connectors/kafka/registry/result"
)

func TestKeyphrases(t *testing.T) {
	labelled, err := Labelled(`{}`, []result.Field{{Name: "keyphrases", Kind: result.Keyphrases}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(labelled, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate([]byte(`{"keyphrases":[{"text":"credit card","score":0.75}]}`)); err != nil {
		t.Error(err)
	}
	if err := s.Validate([]byte(`{"keyphrases":["credit card"]}`)); err == nil {
		t.Error("a list of texts is taken")
	}
}

func TestExplanations(t *testing.T) {
	for _, kind := range []result.Kind{result.Explanation, result.ExplanationByLabel} {
		labelled, err := Labelled(`{}`, []result.Field{{Name: "explanation", Kind: kind}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile(labelled, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate([]byte(`{"explanation":[{"word":"refund","weight":-1.25,"start":1,"end":7,"label":"billing"}]}`)); err != nil {
			t.Error(err)
		}
		if err := s.Validate([]byte(`{"explanation":[{"weight":"heavy"}]}`)); err == nil {
			t.Error("any weight is taken")
		}
	}
}

func TestEntities(t *testing.T) {
	for _, kind := range []result.Kind{result.Entities, result.EntitiesWithID} {
		labelled, err := Labelled(`{}`, []result.Field{{Name: "entities", Kind: kind}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile(labelled, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate([]byte(`{"entities":[{"type":"email","text":"a@b.com","start":1,"end":8,"confidence":0.99}]}`)); err != nil {
			t.Error(err)
		}
		if err := s.Validate([]byte(`{"entities":[{"type":5}]}`)); err == nil {
			t.Error("any type is taken")
		}
	}
}
