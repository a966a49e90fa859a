package api

import (
	"io"
	"net/netip"
	"sync"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// rooms is the server's room for bodies. No client fills it alone: where half of it is taken, who has its share gets no more.
// It is safe for concurrent use.
type rooms struct {
	most  int64 // bytes of all clients
	share int64 // bytes of one

	mu   sync.Mutex
	held int64            // guarded by mu
	of   map[client]int64 // guarded by mu; those that hold any
}

func newRooms(most, largest int64) *rooms {
	return &rooms{most: most, share: max(most/shares, largest), of: make(map[client]int64)}
}

// take takes room for n more bytes, if there is as much for the client.
func (r *rooms) take(of client, n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, its := r.held+n, r.of[of]+n
	if all > r.most || all > r.most/2 && its > r.share {
		return false
	}
	r.held, r.of[of] = all, its
	return true
}

// give gives room back.
func (r *rooms) give(of client, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held -= n
	if r.of[of] -= n; r.of[of] == 0 {
		delete(r.of, of)
	}
}

// client is whose bodies take room: an account or, where no key was asked for, a network, which may be a single address.
type client struct {
	account string
	network netip.Prefix
}

// siteBits are those of an IPv6 address that tell one site from another.
const siteBits = 64

func (c *call) client() client {
	if c.who.Key != "" {
		return client{account: c.who.Account}
	}
	peer, err := netip.ParseAddrPort(c.r.RemoteAddr)
	if err != nil { // a socket's
		return client{}
	}
	address := peer.Addr().Unmap()
	network, _ := address.Prefix(min(siteBits, address.BitLen())) // there are as many
	return client{network: network}
}

// arrivingBody is a body that takes room as it comes: who announces much and sends little holds little.
type arrivingBody struct {
	call *call
	body io.Reader
	n    int64 // bytes that came
	most int64 // bytes that may come
}

// Read reads from the body.
func (a *arrivingBody) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	a.n += int64(n)
	if room := a.call.room; a.n > room {
		if full := a.call.takeRoom(max(a.n-room, min(room, a.most-room))); full != nil { // twice as much, as its buffer grows
			return n, full
		}
	}
	return n, err
}

// takeRoom takes room for n more bytes.
func (c *call) takeRoom(n int64) error {
	if !c.server.rooms.take(c.client(), n) {
		return fault.New(fault.ServerBusy, "the server holds as many bodies as it can, or as many of yours as it can beside others'")
	}
	c.room += n
	return nil
}

// leaveRoom gives back what the call has taken.
func (c *call) leaveRoom() {
	if c.room > 0 {
		c.server.rooms.give(c.client(), c.room)
	}
}
