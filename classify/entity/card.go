package entity

// Confidences of payment cards.
const (
	sureCard  = 0.98 // a known issuer, in the groups that cards are written in
	plainCard = 0.95 // digits alone
	otherCard = 0.6  // an issuer whose numbers have many lengths
)

const maxCard = 19

// card is digits in the groups of a payment card, or without any, with the issuer's beginning and length, and Luhn's sum.
func (s *scan) card(i int) {
	var digits [maxCard]byte
	n, at, sep := 0, i, byte(0)
	var groups [6]int
	count := 0
	for {
		end := run(s.text, at, maxCard+1, isDigit)
		size := end - at
		if size == 0 || n+size > maxCard || count == len(groups) {
			return
		}
		n += copy(digits[n:], s.text[at:end])
		groups[count] = size
		count++
		at = end
		c := byteAt(s.text, at)
		if (c == ' ' || c == '-') && is(s.text, at+1, isDigit) && (sep == 0 || c == sep) && n < maxCard && size >= 4 {
			sep = c
			at++
			continue
		}
		break
	}
	if n < 12 || wordAt(s.text, at) || s.joined(i, at) || !inGroups(groups[:count], n) || !luhn(digits[:n]) {
		return
	}
	confidence := issuer(digits[:n])
	if confidence == 0 {
		return
	}
	if count > 1 && confidence == plainCard {
		confidence = sureCard
	}
	s.add(kindCard, i, at, confidence)
}

// joined reports whether digits are part of something longer: a decimal, or digits behind a dash, a dot or a slash.
func (s *scan) joined(begin, end int) bool {
	switch byteAt(s.text, begin-1) {
	case '-', '.', ',', '/', ':':
		if is(s.text, begin-2, isDigit|isAlpha) {
			return true
		}
	case '+', '_', '#', '=':
		return true
	}
	switch byteAt(s.text, end) {
	case '-', '.', ',', '/', ':':
		return is(s.text, end+1, isDigit)
	}
	return false
}

// inGroups reports whether digits stand in groups as on cards: 4-4-4-4 (and up to three more), 4-6-5, 4-6-4, or as one.
func inGroups(groups []int, n int) bool {
	switch {
	case len(groups) == 1:
		return true
	case len(groups) == 3 && groups[0] == 4 && groups[1] == 6:
		return groups[2] == 5 && n == 15 || groups[2] == 4 && n == 14
	case len(groups) < 4:
		return false
	}
	for _, g := range groups[:len(groups)-1] {
		if g != 4 {
			return false
		}
	}
	return groups[len(groups)-1] <= 4
}

// issuer is how sure a number is a card's by its first digits and its length (ISO/IEC 7812; the networks' own ranges); 0:
// it is none.
func issuer(d []byte) float32 {
	n := len(d)
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	four := two*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case same(d):
		return 0
	case two == 34, two == 37: // American Express
		return when(n == 15)
	case d[0] == '4': // Visa
		return when(n == 16 || n == 13 || n == 19)
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return when(n == 16)
	case four == 6011, two == 65, four >= 6440 && four <= 6499: // Discover
		return when(n == 16 || n == 19)
	case two == 36, two == 38, two == 39, four >= 3000 && four <= 3059: // Diners Club
		return when(n == 14 || n == 16)
	case four >= 3528 && four <= 3589: // JCB
		return when(n == 16 || n == 19)
	case two == 62: // UnionPay
		return when(n >= 16)
	case two == 50, two >= 56 && two <= 58, two == 60, two == 61, two == 63, two >= 66 && two <= 69: // Maestro
		if n == 16 || n == 18 || n == 19 {
			return otherCard
		}
	}
	return 0
}

func when(ok bool) float32 {
	if ok {
		return plainCard
	}
	return 0
}

func same(d []byte) bool {
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}

// luhn checks the last digit by the sum of all (ISO/IEC 7812-1, annex B).
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
