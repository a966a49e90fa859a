package frame

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// messages are the messages of an IPC stream that lie in memory. What is made of them lies there too: nothing is copied.
type messages struct {
	left []byte // which claims has looked at
	last *ipc.Message
}

var _ ipc.MessageReader = (*messages)(nil)

// Message is the next one, valid until the one after it.
func (m *messages) Message() (*ipc.Message, error) {
	meta, body, rest, err := cut(m.left)
	if m.left = rest; err != nil {
		return nil, err
	}
	if meta == nil {
		return nil, io.EOF
	}
	m.Release()
	m.last = ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(body))
	return m.last, nil
}

// Retain does nothing: a Decoder has the one reader, and its end is the stream's.
func (m *messages) Retain() {}

// Release lets go of the last message.
func (m *messages) Release() {
	if m.last != nil {
		m.last.Release()
		m.last = nil
	}
}
