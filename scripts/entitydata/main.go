// Command entitydata writes the texts that classify/entity is measured on: lines.txt, which are those of hand.txt and
// generated ones, and held.txt, of other templates, on which nothing was tuned. It is deterministic. Run it from the
// module's root:
//
//	go run ./scripts/entitydata
//
// In a line {{type:text}} is an entity; all else is none.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	folder = "classify/entity/testdata"
	lines  = 1000 // of lines.txt, those written by hand among them
	held   = 700
)

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write() error {
	hand, err := os.ReadFile(filepath.Join(folder, "hand.txt"))
	if err != nil {
		return err
	}
	n := strings.Count(string(hand), "\n")
	first := string(hand) + made(rand.New(rand.NewPCG(1, 2)), first, lines-n)
	if err := os.WriteFile(filepath.Join(folder, "lines.txt"), []byte(first), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "held.txt"), []byte(made(rand.New(rand.NewPCG(3, 4)), second, held)), 0o644)
}

// made is n lines of templates, which take turns. A {name} in them stands for a value: an entity of this type, or, where
// the name begins with !, something that only looks like one.
func made(r *rand.Rand, s sheet, n int) string {
	var b strings.Builder
	for i := range n {
		line := s.templates[i%len(s.templates)]
		for {
			before, rest, ok := strings.Cut(line, "{")
			b.WriteString(before)
			if !ok {
				break
			}
			name, after, _ := strings.Cut(rest, "}")
			line = after
			value, ok := s.values[name]
			if !ok {
				panic("no value " + name)
			}
			if name[0] == '!' {
				b.WriteString(value(r))
			} else {
				fmt.Fprintf(&b, "{{%s:%s}}", name, value(r))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sheet is a set of templates with the values that they have.
type sheet struct {
	templates []string
	values    map[string]func(r *rand.Rand) string
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func digits(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	return b.String()
}

func hex(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("0123456789abcdef"[r.IntN(16)])
	}
	return b.String()
}

// luhn appends the check digit; wrong adds one to it.
func luhn(number string, wrong int) string {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return number + string(rune('0'+(10-sum%10+wrong)%10))
}

func card(r *rand.Rand, wrong int) string {
	switch r.IntN(5) {
	case 0:
		return luhn("4"+digits(r, 14), wrong)
	case 1:
		return luhn(pick(r, "51", "52", "53", "54", "55")+digits(r, 13), wrong)
	case 2:
		return luhn(pick(r, "34", "37")+digits(r, 12), wrong)
	case 3:
		return luhn("6011"+digits(r, 11), wrong)
	default:
		return luhn("35"+pick(r, "30", "40", "66", "88")+digits(r, 11), wrong)
	}
}

// grouped puts a sign between the groups of a card.
func grouped(card, sign string) string {
	if len(card) == 15 {
		return card[:4] + sign + card[4:10] + sign + card[10:]
	}
	return card[:4] + sign + card[4:8] + sign + card[8:12] + sign + card[12:]
}

// iban makes an account number with its check digits; wrong is added to them.
func iban(country, account string, wrong int) string {
	rest := 0
	for _, c := range account + country + "00" {
		if c >= 'A' && c <= 'Z' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return fmt.Sprintf("%s%02d%s", country, (98-rest-2+wrong)%97+2, account)
}

func fours(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func uuid(r *rand.Rand) string {
	return hex(r, 8) + "-" + hex(r, 4) + "-4" + hex(r, 3) + "-" + pick(r, "8", "9", "a", "b") + hex(r, 3) + "-" + hex(r, 12)
}

// thousands groups a number.
func thousands(n int, sign string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + sign + s[i:]
	}
	return s
}
