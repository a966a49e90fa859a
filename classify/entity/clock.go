package entity

// Confidences of times of day.
const (
	sureTime  = 0.97 // with seconds, am or pm
	clockTime = 0.9  // 17:30
	shortTime = 0.75 // 3:16, which may be a ratio, a score or a verse
)

// clock is a time of day: 17:30, 9:05:10, 5pm, 5:30 p.m., 17h30.
func (s *scan) clock(i, end int) {
	if c := byteAt(s.text, i-1); c == ':' || (c == '.' || c == ',' || c == '/' || c == '-') && is(s.text, i-2, isDigit) || c == '#' || c == '$' {
		return
	}
	hour := atoi(s.text[i:end])
	if hour > 24 {
		return
	}
	at, confidence := end, float32(0)
	c := byteAt(s.text, end)
	if c == ':' || (c == 'h' || c == 'H' || c == '.') && end+3 <= len(s.text) {
		stop := run(s.text, end+1, 3, isDigit)
		if stop-end-1 != 2 || s.text[end+1] > '5' {
			if c == ':' || c == '.' {
				return
			}
			stop = end
		}
		if stop > end {
			at, confidence = stop, clockTime
			if end-i == 1 {
				confidence = shortTime
			}
		}
	}
	if at > end && c == ':' {
		at, confidence = s.seconds(at, confidence)
	}
	if stop := s.meridiem(at); stop > at && hour >= 1 && hour <= 12 {
		at, confidence = stop, sureTime
	} else if c == '.' || at == end {
		return
	}
	if hour == 24 && s.text[end:at] != ":00" && s.text[end:at] != ":00:00" {
		return
	}
	if wordAt(s.text, at) || byteAt(s.text, at) == ':' && is(s.text, at+1, isDigit|isHex) || byteAt(s.text, at) == '%' || s.tied(at) {
		return
	}
	s.add(kindTime, i, at, confidence)
}

// tied reports whether what follows shows that digits are no time: 12:30.5 has no seconds, 12:30-ab is a name.
func (s *scan) tied(at int) bool {
	c := byteAt(s.text, at)
	return c == '.' && is(s.text, at+1, isDigit) || c == '/' && is(s.text, at+1, isDigit)
}

// seconds reads :30, :30.125 and, behind them, Z or an offset from UTC.
func (s *scan) seconds(at int, confidence float32) (int, float32) {
	if byteAt(s.text, at) == ':' && is(s.text, at+1, isDigit) && s.text[at+1] <= '5' {
		stop := run(s.text, at+1, 3, isDigit)
		if stop-at-1 != 2 {
			return at, confidence
		}
		at, confidence = stop, sureTime
		if c := byteAt(s.text, at); (c == '.' || c == ',') && is(s.text, at+1, isDigit) {
			at = run(s.text, at+1, 9, isDigit)
		}
	}
	switch c := byteAt(s.text, at); {
	case c == 'Z' && !wordAt(s.text, at+1):
		return at + 1, sureTime
	case c == '+' || c == '-':
		stop := run(s.text, at+1, 2, isDigit)
		if stop != at+3 {
			break
		}
		if byteAt(s.text, stop) == ':' {
			stop++
		}
		if more := run(s.text, stop, 2, isDigit); more == stop+2 && !wordAt(s.text, more) && (s.text[stop-1] == ':' || confidence == sureTime) {
			return more, sureTime
		}
	}
	return at, confidence
}

// meridiem returns the end of am or pm behind a time, at itself where there is none.
func (s *scan) meridiem(at int) int {
	from := at + spaceAt(s.text, at)
	c := fold(byteAt(s.text, from))
	if c != 'a' && c != 'p' {
		return at
	}
	switch {
	case fold(byteAt(s.text, from+1)) == 'm' && !wordAt(s.text, from+2):
		return from + 2
	case byteAt(s.text, from+1) == '.' && fold(byteAt(s.text, from+2)) == 'm' && !wordAt(s.text, from+3):
		if byteAt(s.text, from+3) == '.' {
			return from + 4
		}
		return from + 3
	}
	return at
}

// atoi is the value of at most nine digits.
func atoi(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}
