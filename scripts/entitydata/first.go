package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

var first = sheet{
	templates: []string{
		"Please contact {email} or call {phone} before {date}.",
		"The invoice over {money} is due on {date}; pay to {iban}.",
		"Card {card} was charged {money} at {time}.",
		"Server {ip} answered after {!number} ms, request {uuid}.",
		"See {url} for details, or ask {handle}.",
		"{hashtag} is trending with {percent} more posts",
		"On {date} at {time} the meeting starts, dial {phone}.",
		"We grew by {percent} to {money} last year.",
		"My number is {phone}, my mail {email}.",
		"Order {!order} was sent with tracking {!tracking}.",
		"The hash {!hash} does not match.",
		"Update to {!version} fixes issue #{!small}.",
		"{url}, {url} and {email} are all mine",
		"({email}) [{url}] \"{phone}\"",
		"The card {!card} was refused, use {card}",
		"IBAN {!iban} is invalid, {iban} is right",
		"{ip} -> {ip} dropped, not {!ip}",
		"From {date} to {date}, daily at {time}",
		"{!date} is no date but {date} is",
		"{money} + {money} = a lot",
		"RT {handle}: {hashtag} {hashtag} {url}",
		"there were {!number} people and {!number} dogs",
		"ref {uuid}, colour {!colour}, size {!small} x {!small}",
		"log: {date} {time} {ip} GET /index",
		"only {percent} of {!number} calls to {phone} were answered",
		"{handle} paid {money} on {date}",
		"I live at {!small} Main Street since {!year}",
		"the ratio {!ratio} came out of version {!version}",
		"account {iban}; card {card}; mail {email}; phone {phone}",
		"Nothing to see here, {!word}.",
		"serial {!serial} shipped, ISBN {!isbn}",
		"{time} - {time}: lunch, costs {money}",
		"ask {handle} or {handle} about {hashtag}",
		"discount of {percent} until {date} on {url}",
		"ids: {uuid}, {uuid}",
	},
	values: map[string]func(r *rand.Rand) string{
		"email": func(r *rand.Rand) string {
			return pick(r, "anna", "bob.smith", "c_jones", "d-lee", "info", "e.f.g", "support+eu", "Kim99") + "@" +
				pick(r, "example.com", "mail.example.org", "example.co.uk", "test-site.de", "uni.example.edu", "big.company.io")
		},
		"url": func(r *rand.Rand) string {
			return pick(r, "https://", "http://", "https://www.", "www.") + pick(r, "example.com", "shop.example.org", "news.example.co.uk", "a-b.io") +
				pick(r, "", "/", "/a/b", "/x?id="+digits(r, 3)+"&q=z", "/p_(q)", "/doc.html#top")
		},
		"phone": func(r *rand.Rand) string {
			switch r.IntN(6) {
			case 0:
				return fmt.Sprintf("+49 %d %s", 30+r.IntN(60), digits(r, 6))
			case 1:
				return fmt.Sprintf("(%d) %d-%s", 201+r.IntN(700), 200+r.IntN(700), digits(r, 4))
			case 2:
				return fmt.Sprintf("%d-%d-%s", 201+r.IntN(700), 200+r.IntN(700), digits(r, 4))
			case 3:
				return "+44 20 " + digits(r, 4) + " " + digits(r, 4)
			case 4:
				return "020 7" + digits(r, 3) + " " + digits(r, 4)
			default:
				return "07" + digits(r, 3) + " " + digits(r, 6)
			}
		},
		"iban": func(r *rand.Rand) string {
			var s string
			switch r.IntN(4) {
			case 0:
				s = iban("DE", digits(r, 18), 0)
			case 1:
				s = iban("NL", "ABNA"+digits(r, 10), 0)
			case 2:
				s = iban("FR", digits(r, 23), 0)
			default:
				s = iban("GB", "NWBK"+digits(r, 14), 0)
			}
			if r.IntN(2) == 0 {
				return fours(s)
			}
			return s
		},
		"!iban": func(r *rand.Rand) string { return iban("DE", digits(r, 18), 1+r.IntN(90)) },
		"card": func(r *rand.Rand) string {
			c := card(r, 0)
			return pick(r, c, grouped(c, " "), grouped(c, "-"))
		},
		"!card": func(r *rand.Rand) string {
			c := card(r, 1+r.IntN(8))
			return pick(r, c, grouped(c, " "), grouped(c, "-"))
		},
		"ip": func(r *rand.Rand) string {
			if r.IntN(4) == 0 {
				return fmt.Sprintf("2001:db8:%s::%s", "a"+hex(r, 2), "1"+hex(r, 3))
			}
			return fmt.Sprintf("%d.%d.%d.%d", 10+r.IntN(240), r.IntN(256), r.IntN(256), 1+r.IntN(254))
		},
		"!ip": func(r *rand.Rand) string {
			return pick(r, fmt.Sprintf("%d.1.2.3", 256+r.IntN(700)), "1.2.3", "10.0.0", "1.2.3.4.5", "10.01.1.1", "12:34:56:78")
		},
		"uuid": uuid,
		"date": func(r *rand.Rand) string {
			y, m, d := 1980+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28)
			name := pick(r, "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
			switch r.IntN(6) {
			case 0:
				return fmt.Sprintf("%d-%02d-%02d", y, m, d)
			case 1:
				return fmt.Sprintf("%02d.%02d.%d", d, m, y)
			case 2:
				return fmt.Sprintf("%d/%d/%d", m, d, y)
			case 3:
				return fmt.Sprintf("%s %d, %d", name, d, y)
			case 4:
				return fmt.Sprintf("%d %s %d", d, name[:3], y)
			default:
				return fmt.Sprintf("%d/%02d/%02d", y, m, d)
			}
		},
		"!date": func(r *rand.Rand) string {
			return pick(r, "2023-02-30", "31.04.2024", "13/13/2024", "2024-00-10", "2024/31/12", "32.1.2024", "99.99.9999", "0/0/2000")
		},
		"time": func(r *rand.Rand) string {
			h, m := r.IntN(24), r.IntN(60)
			switch r.IntN(4) {
			case 0:
				return fmt.Sprintf("%02d:%02d:%02d", h, m, r.IntN(60))
			case 1:
				return fmt.Sprintf("%d:%02d %s", 1+h%12, m, pick(r, "am", "pm", "AM", "PM"))
			case 2:
				return fmt.Sprintf("%d%s", 1+h%12, pick(r, "am", "pm", " p.m.", " AM"))
			default:
				return fmt.Sprintf("%02d:%02d", h, m)
			}
		},
		"money": func(r *rand.Rand) string {
			n, c := 1+r.IntN(99999), r.IntN(100)
			switch r.IntN(6) {
			case 0:
				return fmt.Sprintf("$%d", n)
			case 1:
				return fmt.Sprintf("%s%s.%02d", pick(r, "$", "£", "€"), thousands(n, ","), c)
			case 2:
				return fmt.Sprintf("%s,%02d €", thousands(n, "."), c)
			case 3:
				return fmt.Sprintf("%d %s", n, pick(r, "USD", "EUR", "GBP", "CHF"))
			case 4:
				return fmt.Sprintf("%s %d.%02d", pick(r, "USD", "EUR"), n, c)
			default:
				return fmt.Sprintf("%d%s", n, pick(r, "€", "$"))
			}
		},
		"percent": func(r *rand.Rand) string {
			return fmt.Sprintf(pick(r, "%d%%", "%d %%", "%d.5%%", "%d,25 %%", "%d percent"), r.IntN(100))
		},
		"hashtag": func(r *rand.Rand) string {
			return "#" + pick(r, "golang", "Monday", "ai2024", "we_are_here", "München", "TBT")
		},
		"handle": func(r *rand.Rand) string {
			return "@" + pick(r, "anna", "bob_smith", "Team42", "the_real_kim", "support")
		},
		"!number": func(r *rand.Rand) string {
			return pick(r, digits(r, 2), "1,234", "12,345,678", "3.14159", "1 234", "0.5", "99")
		},
		"!order": func(r *rand.Rand) string { return pick(r, "A-"+digits(r, 5), "9"+digits(r, 7), "PO"+digits(r, 6)) },
		"!tracking": func(r *rand.Rand) string {
			return pick(r, "1Z999AA1"+digits(r, 10), "9400"+digits(r, 18), "JD0146"+digits(r, 12))
		},
		"!hash": func(r *rand.Rand) string { return pick(r, hex(r, 40), hex(r, 32), hex(r, 64)) },
		"!version": func(r *rand.Rand) string {
			return pick(r, "v1.2.3", "version 10.2.3.4", "2.0.1", "v"+digits(r, 2)+".0.1.5", "1.0.0-rc.1")
		},
		"!small":  func(r *rand.Rand) string { return strconv.Itoa(1 + r.IntN(200)) },
		"!year":   func(r *rand.Rand) string { return strconv.Itoa(1950 + r.IntN(75)) },
		"!ratio":  func(r *rand.Rand) string { return pick(r, "16:9", "3:2", "1:1", "4:3") },
		"!colour": func(r *rand.Rand) string { return pick(r, "#ff00aa", "#0f0", "#1a2b3c", "#123456") },
		"!serial": func(r *rand.Rand) string {
			return pick(r, "SN-"+digits(r, 4)+"-"+digits(r, 4), "X"+digits(r, 9), digits(r, 6))
		},
		"!isbn": func(r *rand.Rand) string { return "978-3-16-" + digits(r, 6) + "-0" },
		"!word": func(r *rand.Rand) string {
			return pick(r, "move on", "as they say", "e.g. this", "i.e. that", "and/or", "etc.")
		},
	},
}
