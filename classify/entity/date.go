package entity

import "unicode/utf8"

// Confidences of dates.
const (
	sureDate  = 0.98 // 2024-03-14, 14 March 2024
	orderDate = 0.93 // 14/3/2024, 14.3.2024
	shortDate = 0.75 // 3/4/24, 14.03.24
	dayDate   = 0.85 // March 14
	monthDate = 0.85 // March 2024
	lowerDate = 0.8  // 5 april
)

// Years that dates are taken from.
const (
	firstYear = 1000
	lastYear  = 2199
)

// date looks for a date whose first digits, or whose day or year behind a month, stand at i.
func (s *scan) date(i, end int) {
	if s.digitsBefore(i) {
		return
	}
	s.writtenAfter(i, end)
	if s.writtenBefore(i, end) {
		return
	}
	sep := byteAt(s.text, end)
	if sep != '-' && sep != '/' && sep != '.' {
		return
	}
	second := run(s.text, end+1, 5, isDigit)
	if n := second - end - 1; n < 1 || n > 2 || byteAt(s.text, second) != sep {
		return
	}
	third := run(s.text, second+1, 5, isDigit)
	a, b, c := s.text[i:end], s.text[end+1:second], s.text[second+1:third]
	confidence := numeric(a, b, c, sep)
	if confidence == 0 || s.dateGoesOn(third, sep) {
		return
	}
	s.add(kindDate, i, third, confidence)
}

// digitsBefore reports whether the digits at i are the end of something: of a decimal, or of a date already seen.
func (s *scan) digitsBefore(i int) bool {
	switch byteAt(s.text, i-1) {
	case '.', '/', '-', ':':
		return is(s.text, i-2, isDigit)
	case '#', '$', '=':
		return true
	}
	return false
}

// dateGoesOn reports whether what follows makes a date part of something longer. An ISO date may have a time behind it.
func (s *scan) dateGoesOn(at int, sep byte) bool {
	c := byteAt(s.text, at)
	if (c == 'T' || c == 't') && is(s.text, at+1, isDigit) {
		return false
	}
	return wordAt(s.text, at) || (c == sep || c == '/' || c == '-') && is(s.text, at+1, isDigit|isAlpha) || c == '.' && is(s.text, at+1, isDigit)
}

// numeric is how sure three numbers are a date; 0: they are none.
func numeric(a, b, c string, sep byte) float32 {
	switch {
	case len(a) == 4: // 2024-03-14; other orders have the year last
		if len(c) > 2 || len(c) == 0 || !valid(atoi(c), atoi(b), atoi(a)) || sep == '.' && (len(b) != 2 || len(c) != 2) {
			return 0
		}
		return sureDate
	case len(a) > 2 || len(c) != 2 && len(c) != 4:
		return 0
	}
	year := atoi(c)
	if len(c) == 2 {
		if sep == '-' || sep == '.' && (len(a) != 2 || len(b) != 2) {
			return 0
		}
		year += 2000
	}
	dayFirst, monthFirst := valid(atoi(a), atoi(b), year), sep != '.' && valid(atoi(b), atoi(a), year)
	switch {
	case !dayFirst && !monthFirst:
		return 0
	case len(c) == 2:
		return shortDate
	default:
		return orderDate
	}
}

// valid reports whether the calendar has the day.
func valid(day, month, year int) bool {
	if month < 1 || month > 12 || day < 1 || year < firstYear || year > lastYear {
		return false
	}
	days := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days++
	}
	return day <= days
}

// writtenAfter is a day with its month behind it: 14 March 2024, 14th of March, 14. März, 14-Mar-2024.
func (s *scan) writtenAfter(i, end int) {
	day := atoi(s.text[i:end])
	if end-i > 2 || day < 1 || day > 31 {
		return
	}
	at := s.ordinal(end)
	if byteAt(s.text, at) == '.' {
		at++
	}
	dash := byteAt(s.text, at) == '-' || byteAt(s.text, at) == '/'
	if dash {
		at++
	} else {
		at += spaceAt(s.text, at)
		for _, of := range []string{"of ", "de ", "the "} {
			if hasFold(s.text, at, of) {
				at += len(of)
				break
			}
		}
	}
	m, stop := month(s.text, at)
	if m.number == 0 || stop == at {
		return
	}
	year, last := s.year(stop, dash)
	if year == 0 {
		if dash || day > monthDays(m.number) || wordAt(s.text, stop) {
			return
		}
		if confidence := m.alone(s.text[at]); confidence > 0 {
			s.add(kindDate, i, stop, confidence)
		}
		return
	}
	if valid(day, m.number, year) {
		s.add(kindDate, i, last, sureDate)
	}
}

// writtenBefore is a day or a year with its month before it: March 14, 2024, March 14th, March 2024.
func (s *scan) writtenBefore(i, end int) bool {
	m, begin := s.monthBefore(i)
	if m.number == 0 {
		return false
	}
	if end-i == 4 {
		if year := atoi(s.text[i:end]); year < firstYear || year > lastYear || wordAt(s.text, end) || s.dateGoesOn(end, '.') {
			return false
		}
		s.add(kindDate, begin, end, monthDate)
		return true
	}
	day := atoi(s.text[i:end])
	if end-i > 2 || day < 1 || day > monthDays(m.number) {
		return false
	}
	at := s.ordinal(end)
	if wordAt(s.text, at) || byteAt(s.text, at) == ':' || byteAt(s.text, at) == '%' || byteAt(s.text, at) == '.' && is(s.text, at+1, isDigit) {
		return false
	}
	if year, last := s.year(at, false); year != 0 && valid(day, m.number, year) {
		s.add(kindDate, begin, last, sureDate)
		return true
	}
	if confidence := m.alone(s.text[begin]); confidence > 0 {
		s.add(kindDate, begin, at, confidence)
		return true
	}
	return false
}

// ordinal returns the end of st, nd, rd or th behind a day.
func (s *scan) ordinal(at int) int {
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		if hasFold(s.text, at, suffix) && !wordAt(s.text, at+2) {
			return at + 2
		}
	}
	return at
}

// year reads the year behind a month or a day: 2024, of four digits, with a comma, a dash or de before it.
func (s *scan) year(at int, dash bool) (year, end int) {
	from := at
	switch c := byteAt(s.text, from); {
	case dash:
		if c != '-' && c != '/' {
			return 0, 0
		}
		from++
	default:
		if c == ' ' && byteAt(s.text, from+1) == ',' { // of texts that were cut into words
			from++
			c = ','
		}
		if c == ',' || c == '.' {
			from++
		}
		n := spaceAt(s.text, from)
		if n == 0 && c != ',' {
			return 0, 0
		}
		from += n
		from += spaceAt(s.text, from)
		for _, of := range []string{"of ", "de ", "del "} {
			if hasFold(s.text, from, of) {
				from += len(of)
				break
			}
		}
	}
	end = run(s.text, from, 5, isDigit)
	if end-from == 2 && dash {
		return 2000 + atoi(s.text[from:end]), end
	}
	if end-from != 4 || wordAt(s.text, end) || byteAt(s.text, end) == ':' && is(s.text, end+1, isDigit) {
		return 0, 0
	}
	if year = atoi(s.text[from:end]); year < firstYear || year > lastYear {
		return 0, 0
	}
	return year, end
}

// aMonth is a month by its name.
type aMonth struct {
	number int
	word   bool // the name is a word too: may, march, mar, sept is none
}

// alone is how sure a day and a month without a year are a date, by the first letter of the month's name.
func (m aMonth) alone(first byte) float32 {
	switch {
	case class[first]&isLower == 0:
		return dayDate
	case m.word:
		return 0
	default:
		return lowerDate
	}
}

func monthDays(month int) int {
	return [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
}

// maxMonth is the longest name, in bytes.
const maxMonth = 12

// month reads the name of a month.
func month(text string, at int) (aMonth, int) {
	end := at
	var low [maxMonth]byte
	n := 0
	for end < len(text) && n < maxMonth {
		c := text[end]
		if c < utf8.RuneSelf {
			if class[c]&isAlpha == 0 {
				break
			}
			low[n] = fold(c)
		} else {
			low[n] = c
		}
		n++
		end++
	}
	m, ok := monthNames[string(low[:n])]
	if !ok || end < len(text) && wordAt(text, end) {
		return aMonth{}, at
	}
	if byteAt(text, end) == '.' && n <= 4 && spaceAt(text, end+1) > 0 && is(text, end+1+spaceAt(text, end+1), isDigit) {
		end++ // Mar. 5
	}
	return m, end
}

// monthBefore reads the name of a month that ends before i, with a space, or a dot and a space, between them.
func (s *scan) monthBefore(i int) (aMonth, int) {
	end := i - spaceBefore(s.text, i)
	if end == i || end == 0 {
		return aMonth{}, i
	}
	if s.text[end-1] == '.' {
		end--
	}
	begin := end
	for begin > 0 && end-begin < maxMonth && (class[s.text[begin-1]]&isAlpha != 0 || s.text[begin-1] >= utf8.RuneSelf) {
		begin--
	}
	var low [maxMonth]byte
	n := copy(low[:], s.text[begin:end])
	for k := range n {
		low[k] = fold(low[k])
	}
	m, ok := monthNames[string(low[:n])]
	if !ok || wordBefore(s.text, begin) {
		return aMonth{}, i
	}
	return m, begin
}

// monthNames are the names of months in English, German, French, Spanish, Italian, Portuguese and Dutch, in lower case.
var monthNames = namesOfMonths()

func namesOfMonths() map[string]aMonth {
	all := make(map[string]aMonth, 128)
	for number, names := range [12][]string{
		{"january", "jan", "januar", "jänner", "janvier", "enero", "ene", "gennaio", "janeiro", "januari"},
		{"february", "feb", "februar", "février", "févr", "febrero", "febbraio", "fevereiro", "februari"},
		{"march", "mar", "märz", "mär", "mars", "marzo", "março", "maart"},
		{"april", "apr", "avril", "abril", "abr", "aprile"},
		{"may", "mai", "mayo", "maggio", "maio", "mei"},
		{"june", "jun", "juni", "juin", "junio", "giugno", "junho"},
		{"july", "jul", "juli", "juillet", "julio", "luglio", "julho"},
		{"august", "aug", "août", "agosto", "ago", "augustus"},
		{"september", "sep", "sept", "septembre", "septiembre", "settembre", "setembro"},
		{"october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "outubro"},
		{"november", "nov", "novembre", "noviembre", "novembro"},
		{"december", "dec", "dezember", "dez", "décembre", "diciembre", "dic", "dicembre", "dezembro"},
	} {
		for _, name := range names {
			all[name] = aMonth{number: number + 1}
		}
	}
	for _, name := range []string{"may", "march", "mar", "mars", "ago", "ene", "dic", "dec", "jan", "sep", "mai", "mei", "oct", "jun"} {
		m := all[name]
		m.word = true
		all[name] = m
	}
	return all
}
