package static

import "testing"

func TestEmbeddedHash(t *testing.T) {
	if got := hashOf(embeddedModel, []byte(embeddedVocab)); got != embeddedHash {
		t.Errorf("the embedded table changed: set embeddedHash to %q", got)
	}
}
