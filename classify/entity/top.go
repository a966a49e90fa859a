package entity

// commonTops are the ends of domains that are taken for one wherever they stand. Those that are English words too (in, it,
// is, to, …) are left out: an address needs more than them to be seen.
var commonTops = setOf(
	"com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "ai", "app", "dev", "cloud", "online", "shop", "store",
	"site", "tech", "xyz", "eu", "uk", "de", "fr", "es", "nl", "pl", "ru", "cn", "jp", "kr", "br", "au", "ca", "ch", "se", "dk", "fi",
	"cz", "sk", "hu", "ro", "bg", "gr", "pt", "ie", "nz", "mx", "ar", "cl", "za", "ng", "ke", "eg", "tr", "ua", "sg", "hk", "tw", "th",
	"vn", "ph", "lt", "lv", "ee", "hr", "rs", "si", "lu", "li", "il", "ae", "sa", "ir", "pk", "bd", "lk", "np", "kz", "by", "tv", "fm",
	"gg", "gl", "ly", "example", "test", "museum", "news", "blog", "agency", "email", "group", "london", "berlin", "mobi", "name",
)

// wordTops are the ends of domains that are words, or endings of files, too.
var wordTops = setOf(
	"in", "it", "is", "at", "be", "no", "so", "to", "us", "am", "me", "my", "id", "co", "do", "as", "la", "cc", "ws", "ly", "ms", "ac",
	"media", "live", "life", "world", "today", "link", "click", "page", "pro", "one", "art", "club", "help", "support", "works",
)

// fileEndings are what files end with, such as img@2x.png.
var fileEndings = setOf(
	"png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "css", "js", "ts", "json", "html", "htm", "php", "xml", "txt", "csv", "zip",
	"gz", "tar", "exe", "dll", "doc", "docx", "xls", "xlsx", "mp3", "mp4", "wav", "mov", "log", "yaml", "yml", "ico", "bmp", "java",
)

// isTop reports whether a label is a common end of a domain; two letters are a country's.
func isTop(label string) bool {
	return len(label) == 2 || inFold(commonTops, label) || inFold(wordTops, label)
}
