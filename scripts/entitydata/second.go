package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

var second = sheet{
	templates: []string{
		"Hi team, {handle} asked whether {money} can be moved from {iban} by {date}",
		"Bitte überweisen Sie {money} auf {iban} bis zum {date}.",
		"Reach us: tel {phone} / {email} / {url}",
		"* {time} | {ip} | {uuid} | ok",
		"lol {handle} {hashtag} {percent} sure this is fake {url}",
		"Your one-time code is {!code}. It ends at {time}.",
		"{!sku} costs {money}, was {money} ({percent} off)",
		"Rappelez-moi au {phone} ou écrivez à {email} avant le {date}",
		"Charged to {card} on {date}, ref {!ref}",
		"not a card: {!card}; not an account: {!iban}",
		"traceroute: {ip}, {ip}, * * *, {ip}",
		"build {!version} ({!hash}) at {date} {time}",
		"Call me maybe: {phone}!",
		"what about {date}? or {date}? {time} works for me",
		"interest rose from {percent} to {percent} while {money} went missing",
		"<a href=\"{url}\">{email}</a>",
		"chapter {!section}, verse; lines {!range}",
		"'{email}','{phone}','{ip}','{date}'",
		"{hashtag}, {hashtag} and {hashtag}: thanks {handle}!",
		"uuid={uuid}&x={!small}",
		"win {money}!!! text YES to {!short} or visit {url}",
		"temperature {!float} degrees, {!float} m, {!int} rows",
		"between {time} and {time} on {date}",
		"iban: {iban}. card: {card}. done.",
		"dates that are none: {!date}, {!date}",
		"{!file} was opened by {handle} from {ip}",
		"wire {money} to {iban}; fax {phone}",
		"Payment with {card} ({money}) failed at {time}",
		"paste of {!hash} and {!colour}",
		"see {url} and {url}; id {uuid}",
	},
	values: map[string]func(r *rand.Rand) string{
		"email": func(r *rand.Rand) string {
			return pick(r, "m.mustermann", "jean-luc", "x.y+z", "no_reply", "q1", "HR.Dept", "o.nguyen.2") + "@" +
				pick(r, "beispiel.de", "exemple.fr", "dept.uni.ac.uk", "startup.ai", "my-company.com.au", "example.museum")
		},
		"url": func(r *rand.Rand) string {
			return pick(r, "https://cdn.example.net/v2/img_"+digits(r, 3)+".png", "http://192.168.1.1/admin", "https://example.org:8443/a;b=c",
				"www.beispiel.de/pfad/", "https://sub.example.com/~user/", "ftp://mirror.example.edu/iso", "https://example.com/?q=a%20b+c",
				"https://example.com/a-b_c.d/e", "http://example.fr", "https://t.co/"+hex(r, 8))
		},
		"phone": func(r *rand.Rand) string {
			return pick(r, "+1 (415) 555-"+digits(r, 4), "+33 6 "+pairs(r, 4), "06 "+pairs(r, 4), "0043 1 "+digits(r, 7), "+61 2 9"+digits(r, 3)+" "+digits(r, 4),
				"212.555."+digits(r, 4), "(030) "+digits(r, 3)+" "+digits(r, 4), "+55 11 9"+digits(r, 4)+"-"+digits(r, 4), "1-888-555-"+digits(r, 4),
				"0151/2"+digits(r, 7), "+4930"+digits(r, 7), "+91-98"+digits(r, 8))
		},
		"iban": func(r *rand.Rand) string {
			s := pick(r, iban("AT", digits(r, 16), 0), iban("ES", digits(r, 20), 0), iban("BE", digits(r, 12), 0), iban("PL", digits(r, 24), 0),
				iban("IT", "X"+digits(r, 22), 0), iban("SE", digits(r, 20), 0), iban("MT", "MALT"+digits(r, 5)+"MTLCAST001S"+digits(r, 7), 0))
			if r.IntN(3) == 0 {
				return fours(s)
			}
			return s
		},
		"!iban": func(r *rand.Rand) string { return fours(iban("BE", digits(r, 12), 1+r.IntN(90))) },
		"card": func(r *rand.Rand) string {
			c := pick(r, luhn("22"+pick(r, "30", "50", "65")+digits(r, 11), 0), luhn("4"+digits(r, 14), 0), luhn("37"+digits(r, 12), 0),
				luhn("65"+digits(r, 13), 0), luhn("62"+digits(r, 13), 0))
			return pick(r, c, grouped(c, " "), grouped(c, "-"))
		},
		"!card": func(r *rand.Rand) string {
			return pick(r, luhn("9"+digits(r, 14), 0), luhn("1"+digits(r, 14), 0), grouped(luhn("4"+digits(r, 14), 3), " "), digits(r, 8), luhn("2"+"1"+digits(r, 13), 0))
		},
		"ip": func(r *rand.Rand) string {
			return pick(r, fmt.Sprintf("%d.%d.0.%d", 1+r.IntN(223), r.IntN(256), 10+r.IntN(200)), fmt.Sprintf("fd00:%x::%x:%d", 4096+r.IntN(60000), r.IntN(65536), 1+r.IntN(9)),
				fmt.Sprintf("fe80::%x:%dff:fe%x", 4096+r.IntN(60000), r.IntN(90), 16+r.IntN(200)), fmt.Sprintf("100.64.%d.%d", r.IntN(256), r.IntN(256)), "::ffff:10.1.2.3")
		},
		"uuid": func(r *rand.Rand) string { return pick(r, uuid(r), strings.ToUpper(uuid(r))) },
		"date": func(r *rand.Rand) string {
			y, m, d := 1900+r.IntN(150), 1+r.IntN(12), 1+r.IntN(28)
			name := pick(r, "Januar", "Februar", "März", "April", "Mai", "Juni", "August", "Dezember")
			full := pick(r, "January", "March", "May", "June", "September", "December")
			return pick(r, fmt.Sprintf("%d-%02d-%02d", y, m, d), fmt.Sprintf("%d.%d.%d", d, m, y), fmt.Sprintf("%02d/%02d/%d", d, m, y), fmt.Sprintf("%d. %s %d", d, name, y),
				fmt.Sprintf("%s %dth, %d", full, 4+d%16, y), fmt.Sprintf("%dth of %s", 4+d%16, full), fmt.Sprintf("%02d-%s-%d", d, full[:3], y), fmt.Sprintf("%d/%d/%02d", m, d, y%100))
		},
		"!date": func(r *rand.Rand) string {
			return pick(r, "2021-02-29", "30.02.2020", "2024-1-32", "12.25.2024", "41/1/2024", "2024.13.01", "1-2-3", "31/9/2024", "5/2024/3")
		},
		"time": func(r *rand.Rand) string {
			h, m := r.IntN(24), r.IntN(60)
			return pick(r, fmt.Sprintf("%02d:%02d", h, m), fmt.Sprintf("%02d:%02d:%02d.%03d", h, m, r.IntN(60), r.IntN(1000)), fmt.Sprintf("%d:%02dpm", 1+h%12, m),
				fmt.Sprintf("%d a.m.", 1+h%12), fmt.Sprintf("%02d:%02d:%02dZ", h, m, r.IntN(60)), fmt.Sprintf("%02d:%02d:%02d+02:00", h, m, r.IntN(60)))
		},
		"money": func(r *rand.Rand) string {
			n, c := 1+r.IntN(9_999_999), r.IntN(100)
			return pick(r, fmt.Sprintf("€ %s", thousands(n, ".")), fmt.Sprintf("US$%s", thousands(n, ",")), fmt.Sprintf("%s,%02d EUR", thousands(n, "."), c),
				fmt.Sprintf("£%d.%dm", 1+n%90, c%10), fmt.Sprintf("%d dollars", n), fmt.Sprintf("$%d billion", 1+n%90), fmt.Sprintf("₹%d", n), fmt.Sprintf("CHF %s.%02d", thousands(n, "'"), c),
				fmt.Sprintf("%d,%02d€", n%1000, c), fmt.Sprintf("%s JPY", thousands(n, ",")))
		},
		"percent": func(r *rand.Rand) string {
			n, part := strconv.Itoa(r.IntN(100)), strconv.Itoa(1+r.IntN(9))
			return pick(r, n+"%", n+"."+part+"%", n+","+part+"%", n+"."+part+" percent")
		},
		"hashtag": func(r *rand.Rand) string {
			return "#" + pick(r, "NoFilter", "100DaysOfCode", "fête", "x_y_z", "ThrowbackThursday", "k8s")
		},
		"handle": func(r *rand.Rand) string {
			return "@" + pick(r, "x_user", "DrWho", "a1b2", "news24", "__init", "jane_d")
		},
		"!code":    func(r *rand.Rand) string { return digits(r, 6) },
		"!sku":     func(r *rand.Rand) string { return pick(r, "SKU-", "MX", "item ") + "4" + digits(r, 4) },
		"!ref":     func(r *rand.Rand) string { return pick(r, "T"+digits(r, 12), "0x"+hex(r, 8), "#"+digits(r, 6)) },
		"!version": func(r *rand.Rand) string { return pick(r, "1.0.0", "v3.11.4", "release 7.8.9.10", "2024.2.1", "0.9") },
		"!hash":    func(r *rand.Rand) string { return pick(r, hex(r, 7), hex(r, 40), "sha256:"+hex(r, 64)) },
		"!section": func(r *rand.Rand) string { return fmt.Sprintf("%d.%d.%d", 1+r.IntN(9), 1+r.IntN(9), 1+r.IntN(20)) },
		"!range":   func(r *rand.Rand) string { return fmt.Sprintf("%d-%d", 1+r.IntN(90), 100+r.IntN(90)) },
		"!small":   func(r *rand.Rand) string { return digits(r, 1) },
		"!short":   func(r *rand.Rand) string { return "8" + digits(r, 4) },
		"!float":   func(r *rand.Rand) string { return fmt.Sprintf("%.2f", r.Float64()*100) },
		"!int":     func(r *rand.Rand) string { return thousands(r.IntN(1_000_000), ",") },
		"!file": func(r *rand.Rand) string {
			return pick(r, "report.pdf", "main.go", "a.b.c.tar.gz", "index.html", "notes_v2.txt")
		},
		"!colour": func(r *rand.Rand) string { return "#" + pick(r, "0a0b0c", "999", "e5e5e5", "00ff00") },
	},
}

func pairs(r *rand.Rand, n int) string {
	var parts []string
	for range n {
		parts = append(parts, digits(r, 2))
	}
	return strings.Join(parts, " ")
}
