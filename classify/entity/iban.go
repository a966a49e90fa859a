package entity

const (
	sureIBAN = 0.99
	maxIBAN  = 34
)

// ibanLength is the length by country (SWIFT's IBAN registry, release 99), by the two letters as base 26.
var ibanLength = ibanLengths()

func ibanLengths() (t [26 * 26]uint8) {
	const lengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27" +
		"GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19" +
		"MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24" +
		"TR26UA29VA22VG24XK20YE30"
	for i := 0; i < len(lengths); i += 4 {
		t[int(lengths[i]-'A')*26+int(lengths[i+1]-'A')] = (lengths[i+2]-'0')*10 + lengths[i+3] - '0'
	}
	return t
}

// iban looks for an account number whose check digits stand at i: a country, its length, in groups of four or as one, and
// the remainder by 97 (ISO 13616).
func (s *scan) iban(i int) {
	begin := i - 2
	if begin < 0 || !is(s.text, begin, isUpper|isLower) || !is(s.text, begin+1, isUpper|isLower) || !is(s.text, i+1, isDigit) || wordBefore(s.text, begin) {
		return
	}
	length := int(ibanLength[int(fold(s.text[begin])-'a')*26+int(fold(s.text[begin+1])-'a')])
	if length == 0 {
		return
	}
	var chars [maxIBAN]byte
	n, at, group := 0, begin, 0
	for n < length {
		c := byteAt(s.text, at)
		switch {
		case class[c]&(isAlpha|isDigit) != 0:
			chars[n] = fold(c)
			n++
			at++
			group++
		case (c == ' ' || c == '-') && group == 4 && n > 0:
			at++
			group = 0
		default:
			return
		}
	}
	if wordAt(s.text, at) || byteAt(s.text, at) == '-' && wordAt(s.text, at+1) || mod97(chars[:n]) != 1 {
		return
	}
	s.add(kindIBAN, begin, at, sureIBAN)
}

// mod97 is the remainder of an account number: the first four characters last, letters as numbers from 10.
func mod97(chars []byte) int {
	rest := 0
	for k := range chars {
		c := chars[(k+4)%len(chars)]
		if class[c]&isDigit != 0 {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'a') + 10) % 97
		}
	}
	return rest
}
