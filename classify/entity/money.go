package entity

import (
	"strings"
	"unicode/utf8"
)

// Confidences of amounts.
const (
	sureMoney   = 0.97 // a symbol, or a code
	wordMoney   = 0.9  // five dollars in digits: 5 dollars
	surePercent = 0.98
)

// symbols are signs of currencies in UTF-8. Those with letters before the sign come first.
var symbols = []string{"US$", "CA$", "AU$", "NZ$", "HK$", "R$", "A$", "C$", "S$", "$", "€", "£", "¥", "₹", "₩", "₽", "₺", "₪", "₫", "₴", "₦", "฿", "￥", "₱", "₿"}

// codes are those of ISO 4217 that are no English words.
var codes = setOf(
	"usd", "eur", "gbp", "jpy", "chf", "cad", "aud", "nzd", "cny", "rmb", "inr", "brl", "mxn", "rub", "sek", "nok", "dkk", "pln", "czk",
	"huf", "ron", "bgn", "ils", "zar", "krw", "sgd", "hkd", "twd", "thb", "myr", "idr", "php", "vnd", "aed", "sar", "qar", "egp", "ngn",
	"kes", "uah", "kzt", "isk", "ars", "clp", "pkr", "bdt", "lkr", "btc", "eth",
)

var currencies = setOf("dollar", "dollars", "euro", "euros", "bucks", "rupees", "yen", "usd", "eur", "gbp", "francs", "yuan", "pesos", "quid")

var magnitudes = setOf("k", "m", "b", "bn", "mn", "mio", "mrd", "million", "millions", "billion", "billions", "trillion", "thousand", "mil", "lakh", "crore", "grand")

// amount looks for money and for a percentage with the number that begins at i.
func (s *scan) amount(i int) {
	if c := byteAt(s.text, i-1); (c == '.' || c == ',' || c == '\'') && is(s.text, i-2, isDigit) {
		return
	}
	before, letters := s.symbolBefore(i)
	if before < 0 && wordBefore(s.text, i) {
		return
	}
	q, ok := number(s.text, i)
	if !ok {
		return
	}
	if before >= 0 {
		if end := s.magnitude(q.spaced, true); !wordAt(s.text, end) && !is(s.text, q.spaced, isDigit) {
			s.add(kindMoney, before, end, sureMoney)
		} else if letters && !wordAt(s.text, q.spaced) {
			s.add(kindMoney, before, q.spaced, sureMoney)
		}
	}
	ends := [2]int{q.end, q.spaced}
	for _, end := range ends {
		if s.percent(i, end) || s.moneyAfter(i, end) {
			return
		}
		if q.end == q.spaced {
			return
		}
	}
}

// symbolBefore is where the sign or the code of a currency begins that stands before i, with at most one space between
// them; -1 where there is none. letters tells that it is a code.
func (s *scan) symbolBefore(i int) (begin int, letters bool) {
	end := i - spaceBefore(s.text, i)
	if end <= 0 {
		return -1, false
	}
	if class[s.text[end-1]]&isUpper != 0 {
		begin = runBack(s.text, end, 4, isUpper)
		if end-begin == 3 && inFold(codes, s.text[begin:end]) && !wordBefore(s.text, begin) {
			return begin, true
		}
		return -1, false
	}
	if !maySign(s.text[end-1]) {
		return -1, false
	}
	for _, sign := range symbols {
		if !strings.HasSuffix(s.text[:end], sign) {
			continue
		}
		begin = end - len(sign)
		if class[sign[0]]&isUpper != 0 && wordBefore(s.text, begin) {
			continue
		}
		if wordBefore(s.text, begin) && is(s.text, begin-1, isDigit) && end < i { // 5$ 6
			return -1, false
		}
		return begin, false
	}
	return -1, false
}

// maySign reports whether a byte can be one of a currency's sign.
func maySign(c byte) bool { return c == '$' || c >= utf8.RuneSelf }

// magnitude returns the end of k, million and the like behind a number, the number's end where there is none.
func (s *scan) magnitude(at int, tight bool) int {
	from := at + spaceAt(s.text, at)
	end := letters(s.text, from)
	if !inFold(magnitudes, s.text[from:end]) || wordAt(s.text, end) {
		return at
	}
	if from > at && (end-from < 2 || hasFold(s.text, from, "mil") && end-from == 3 || hasFold(s.text, from, "grand")) && tight { // 5 m may be metres
		return at
	}
	return end
}

// percent is a number and what stands for hundredths.
func (s *scan) percent(i, end int) bool {
	at := end
	if byteAt(s.text, at) != '%' {
		at += spaceAt(s.text, at)
	}
	switch {
	case byteAt(s.text, at) == '%':
		at++
	case hasFold(s.text, at, "percent") && at > end:
		at += len("percent")
	case hasFold(s.text, at, "per cent") && at > end:
		at += len("per cent")
	case hasFold(s.text, at, "pct"):
		at += len("pct")
	default:
		return false
	}
	if wordAt(s.text, at) || byteAt(s.text, i-1) == '%' {
		return false
	}
	s.add(kindPercent, i, at, surePercent)
	return true
}

// moneyAfter is a number and the sign, the code or the name of a currency behind it.
func (s *scan) moneyAfter(i, end int) bool {
	at := s.magnitude(end, false)
	if wordAt(s.text, at) && at == end && class[s.text[at]]&isUpper == 0 { // 5th
		return false
	}
	at += spaceAt(s.text, at)
	if stop := letters(s.text, at); stop > at {
		word := s.text[at:stop]
		if wordAt(s.text, stop) {
			return false
		}
		if upper := run(word, 0, len(word), isUpper) == len(word); upper && len(word) == 3 && inFold(codes, word) {
			s.add(kindMoney, i, stop, sureMoney)
			return true
		}
		if at > end && inFold(currencies, word) {
			s.add(kindMoney, i, stop, wordMoney)
			return true
		}
		return false
	}
	if !maySign(byteAt(s.text, at)) {
		return false
	}
	for _, sign := range symbols {
		if !strings.HasPrefix(s.text[at:], sign) {
			continue
		}
		stop := at + len(sign)
		if is(s.text, stop, isDigit) || wordAt(s.text, stop) || at > end && is(s.text, stop+spaceAt(s.text, stop), isDigit) {
			return false // the sign belongs to the number behind it
		}
		s.add(kindMoney, i, stop, sureMoney)
		return true
	}
	return false
}
