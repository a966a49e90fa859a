package job

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/pipeline/job/database"
)

// Note is something that is to be told of a job, by one channel. It has no text of a record.
type Note struct {
	ID      string // the same on each try, so that who is told twice can tell
	Job     string
	Account string // the job's
	Event   string // batch.completed, batch.failed, batch.cancelled or batch.expired
	Channel string
	Body    json.RawMessage // a NoteBody
	Created time.Time
	Tries   int // before this one
}

// Way is what the note has in common with others of its account by its channel.
func (n *Note) Way() string { return n.Account + " " + n.Channel }

// NoteBody is what a note says, in the shape of Standard Webhooks and of OpenAI's events.
type NoteBody struct {
	ID        string    `json:"id"`     // the note's
	Object    string    `json:"object"` // event
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	CreatedAt int64     `json:"created_at"` // the same in Unix seconds
	Data      NoteData  `json:"data"`
}

// NoteData is what a note says of its job.
type NoteData struct {
	ID        string `json:"id"`
	Account   string `json:"account"`
	State     State  `json:"state"`
	Total     int64  `json:"requests_total"`
	Completed int64  `json:"requests_completed"`
	Failed    int64  `json:"requests_failed"`
	ErrorCode string `json:"error_code,omitempty"`
	Error     string `json:"error,omitempty"`
}

// events are those of states.
var events = map[State]string{Completed: "batch.completed", Failed: "batch.failed", Cancelled: "batch.cancelled", Expired: "batch.expired"}

// Event is what is told of a job that has ended in a state; empty where nothing is.
func (s State) Event() string { return events[s] }

// note puts into the outbox that a job has ended, once for each end and channel: one that was started again ends again.
func (s *Store) note(ctx context.Context, tx *database.Tx, j *Job, channels []string) error {
	event := j.State.Event()
	said := NoteBody{Object: "event", Type: event, Timestamp: j.Ended, CreatedAt: j.Ended.Unix(), Data: NoteData{
		ID: j.ID, Account: j.Account, State: j.State, Total: j.Total, Completed: j.Done, Failed: j.Failures, ErrorCode: j.ErrorCode, Error: j.Error,
	}}
	for _, c := range channels {
		said.ID = "msg_" + rand.Text()
		body, err := json.Marshal(said)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO outbox (id, job, account, event, channel, body, created, next) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job, event, channel, created) DO NOTHING`,
			said.ID, j.ID, j.Account, event, c, string(body), j.Ended.UnixMilli(), j.Ended.UnixMilli())
		if err != nil {
			return fmt.Errorf("note a job's end: %w", err)
		}
	}
	return nil
}

// taking takes a note that is due and goes none of so many ways.
func taking(ways int) string {
	others := ""
	if ways > 0 {
		others = ` AND account || ' ' || channel NOT IN (?` + strings.Repeat(`, ?`, ways-1) + `)`
	}
	return `UPDATE outbox SET next = ?, tries = tries + 1 WHERE id = (SELECT id FROM outbox WHERE next > 0 AND next <= ?` + others + ` ORDER BY next LIMIT 1) AND next <= ?
		RETURNING id, job, account, event, channel, body, created, tries - 1`
}

// Take is a note that is due, and goes none of the ways that are taken; nil: there is none. It is due again after a while, unless it is
// settled before.
func (s *Store) Take(ctx context.Context, while time.Duration, taken ...string) (*Note, error) {
	var n Note
	var body string
	var created int64
	now := s.now()
	args := []any{now.Add(while).UnixMilli(), now.UnixMilli()}
	for _, way := range taken {
		args = append(args, way)
	}
	err := s.db.QueryRowContext(ctx, taking(len(taken)), append(args, now.UnixMilli())...).
		Scan(&n.ID, &n.Job, &n.Account, &n.Event, &n.Channel, &body, &created, &n.Tries)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for notes: %w", err)
	}
	n.Body, n.Created = json.RawMessage(body), moment(created)
	return &n, nil
}

// Settle records that a note was told, or is given up: zero, or when it is due again.
func (s *Store) Settle(ctx context.Context, id string, next time.Time) error {
	due := int64(0)
	if !next.IsZero() {
		due = next.UnixMilli()
	}
	if _, err := s.db.ExecContext(ctx, `UPDATE outbox SET next = ? WHERE id = ?`, due, id); err != nil {
		return fmt.Errorf("settle a note: %w", err)
	}
	return nil
}
