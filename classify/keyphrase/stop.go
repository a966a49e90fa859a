package keyphrase

import (
	"bytes"
	"strings"
)

// stopWords end a phrase. They are the closed classes of English, as Quirk, Greenbaum, Leech and Svartvik list them
// ("A Comprehensive Grammar of the English Language", 1985, 2.34–2.40, 3.21, 4.38, 6, 7.53, 9, 14), and, as Fox does
// ("A stop list for general text", 1989), the verbs that are so frequent in any text that they name no topic.
var stopWords = set(`
	a an the this that these those each every either neither some any no all both half such what which whose whatever whichever
	another other others enough few fewer fewest many more most much less least several own same

	i me my mine myself we us our ours ourselves you your yours yourself yourselves u ur
	he him his himself she her hers herself it its itself they them their theirs themselves
	one ones oneself somebody someone something anybody anyone anything everybody everyone everything nobody none nothing
	who whom whoever where wherever when whenever why how however

	be am is are was were been being do does did done doing have has had having
	can could may might must shall should will would ought cannot need needn used let lets

	about above across after against along alongside amid among amongst around as at before behind below beneath beside
	besides between beyond but by despite down during except for from in inside into like near of off on onto opposite out
	outside over past per regarding since than through throughout till to toward towards under underneath unlike until up
	upon versus via vs with within without according due instead

	and or nor so yet if unless whether because although though while whereas whilst lest once then else thus hence therefore
	moreover furthermore otherwise nevertheless nonetheless accordingly consequently meanwhile

	not too very quite rather just only even also again already always never ever often sometimes seldom soon still here
	there now today yesterday tomorrow tonight away back well almost nearly perhaps maybe indeed anyway ago later early
	together apart forth further likewise hereby thereby herein please yes ok okay oh ah hey hi hello thanks thank

	zero two three four five six seven eight nine ten hundred thousand million billion first second third last next twice

	get gets got gotten getting go goes going gone went come comes came coming make makes made making take takes took taken
	taking give gives gave given giving put puts putting keep keeps kept keeping see sees saw seen seeing say says said saying
	tell tells told telling know knows knew known knowing think thinks thought thinking want wants wanted wanting seem seems
	seemed seeming look looks looked looking find finds found finding become becomes became becoming use uses using
	try tries tried trying ask asks asked asking show shows showed shown showing happen happens happened happening
	begin begins began begun start starts started let means mean meant contain contains contained hold holds held
	stand stands stood leave leaves left bring brings brought call calls called feel feels felt believe believes believed
	hope hopes hoped like likes liked love loves loved hate hates hated help helps helped add adds added
	work works worked follow follows followed provide provides provided include includes included including
	allow allows allowed require requires required set sets turn turns turned move moves moved
	etc eg ie e.g i.e re ex im ive dont doesnt didnt cant wont isnt wasnt youre thats gonna wanna gotta
`)

// weakWords stand within a tag at most, neither alone nor at its ends: words of open classes that qualify or count without
// naming a topic. They were picked by hand.
var weakWords = set(`
	able available bad best better big bigger biggest certain clear common complete correct different difficult easy entire
	exact extra final former full general good great greater hard high higher highest huge important large larger largest
	latter little long longer low lower lowest main major minor necessary new newer normal obvious old older only particular
	perfect possible previous proper quick ready recent right short shorter similar simple single small smaller
	special specific strong sure total true typical usual various whole wrong
	bit case cases couple day days example examples fact kind kinds lot lots number part parts place places point points
	reason reasons rest side sort sorts stuff thing things time times type types way ways week weeks month months year years
	hour hours minute minutes moment something anything amount
	explain explains suggest suggests send sends sent write writes wrote written receive receives appear appears apply applies
	enter enters wait waits woke recognize recognizes remember understand wish
	monday tuesday wednesday thursday friday saturday sunday
`)

// Kinds of English words.
const (
	stopWord = iota + 1
	weakWord
)

// kinds are the words of both lists, so that a word is looked up once.
var kinds = func() map[string]uint8 {
	m := make(map[string]uint8, len(stopWords)+len(weakWords))
	for w := range weakWords {
		m[w] = weakWord
	}
	for w := range stopWords {
		m[w] = stopWord
	}
	return m
}()

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// contraction says whether a word holds a verb or a negation behind an apostrophe: don't, we're, I'd. All are closed-class
// words or begin with one.
func contraction(w []byte) bool {
	_, after, ok := bytes.Cut(w, []byte{'\''})
	if !ok {
		return false
	}
	switch string(after) {
	case "t", "re", "ve", "ll", "d", "m":
		return true
	}
	return false
}

// adverb says whether a word is likely to be an adverb made of an adjective. What is mistaken for one stands within
// longer tags still.
func adverb(w []byte) bool {
	if n := len(w); n < 6 || w[n-1] != 'y' || w[n-2] != 'l' {
		return false
	}
	return !notAdverbs[string(w)]
}

var notAdverbs = set(`anomaly assembly butterfly family monopoly supply reply weekly monthly early italy july melancholy hillbilly`)

// participle says whether a word is likely to be a verb's past form: it may begin a tag (rejected record), and is neither
// one alone nor the end of one.
func participle(w []byte) bool {
	n := len(w)
	return n >= 5 && w[n-1] == 'd' && w[n-2] == 'e' && !notParticiples[string(w)]
}

var notParticiples = set(`speed breed greed creed bleed tweed hundred hatred kindred indeed proceed exceed succeed embed shred sacred biped moped`)
