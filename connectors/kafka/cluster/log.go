package cluster

import (
	"fmt"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
)

// logger writes what franz-go logs. What it calls errors are warnings here: each also comes back from a call, and is
// reported there.
type logger struct{ log zerolog.Logger }

// Level spares franz-go the making of messages that nobody wants.
func (l logger) Level() kgo.LogLevel {
	if l.log.GetLevel() <= zerolog.DebugLevel && zerolog.GlobalLevel() <= zerolog.DebugLevel {
		return kgo.LogLevelDebug
	}
	return kgo.LogLevelWarn
}

// Log takes pairs of a name and a value.
func (l logger) Log(level kgo.LogLevel, message string, pairs ...any) {
	event := l.log.Debug()
	if level <= kgo.LogLevelWarn {
		event = l.log.Warn()
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			continue
		}
		switch v := pairs[i+1].(type) {
		case string:
			event = event.Str(name, v)
		case error:
			event = event.AnErr(name, v)
		default:
			event = event.Str(name, fmt.Sprint(v))
		}
	}
	event.Str("client", "kafka").Msg(message)
}
