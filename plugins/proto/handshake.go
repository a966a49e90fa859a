package proto

// Version is the protocol that this package is.
const Version = 1

// The cookie tells a plugin that winnow started it, so that one who starts it by hand gets a sentence instead of a
// handshake. It is no secret.
const (
	CookieKey   = "WINNOW_PLUGIN"
	CookieValue = "f3a1c6d8-winnow-plugin"
)

// MaxMessage bounds a message in either direction, in bytes.
const MaxMessage = 64 << 20

// Service is the name that go-plugin knows the services by.
const Service = "winnow"
