package job

import (
	"crypto/rand"
	"encoding/json"
	"time"
)

// State is where a job stands.
type State string

const (
	Pending    State = "pending"    // it waits for its input, or to be started
	Queued     State = "queued"     // it waits for the account's running job to end
	Processing State = "processing" // it was started
	Finalizing State = "finalizing" // its records are done, and its results are being kept
	Paused     State = "paused"     // it waits for something around it that passes, such as a full disk, and goes on by itself
	Cancelling State = "cancelling" // it was told to stop
	Cancelled  State = "cancelled"
	Completed  State = "completed"
	Failed     State = "failed"
	Expired    State = "expired"  // its input did not come in time, or what it had was removed
	deleting   State = "deleting" // nobody sees it any more
)

// States are all that a job may be seen in.
var States = []State{Pending, Queued, Processing, Finalizing, Paused, Cancelling, Cancelled, Completed, Failed, Expired}

// Ended tells whether nothing more happens to the job by itself.
func (s State) Ended() bool { return s == Cancelled || s == Completed || s == Failed || s == Expired }

// Job is a row of the store.
type Job struct {
	ID      string
	Account string
	State   State
	Config  json.RawMessage // what the job does, for whoever builds its pipeline
	// Created, Started, Finalized (its records were done) and Ended are in UTC and whole milliseconds; zero: not yet.
	Created, Started, Finalized, Ended time.Time

	Input   string // the key of the upload that counts; empty: there is none
	Results string // the key of the results: all of them, or those of the first records where it did not complete

	Run int64 // how often it was begun anew; what earlier runs have left is none of its business

	InputBytes int64 // of the upload; -1: there is none
	Total      int64 // records of the input
	Estimate   int64 // tokens, before anything was read
	Done       int64 // records with an outcome, failed ones among them, as of the last checkpoint
	Failures   int64
	Tokens     int64

	ErrorCode, Error string // why it failed, or is paused

	Warnings []Warning
}

// Warning is something that is to be known of a job's input or results, and is no reason to fail.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Count   int64  `json:"count,omitempty"` // of what it is about; 0: that was not counted
}

// running are the states of a job that has the place of its account: of these there is one.
const running = `('processing', 'finalizing', 'paused', 'cancelling')`

// waiting are the states of a job that does not run yet, as an index has them.
const waiting = `('pending', 'queued')`

// Folder begins the keys of all blobs of a job. What follows in it is one name: no client chooses it.
func Folder(account, id string) string { return "batch/" + account + "/" + id + "/" }

// NewKey makes a key for a blob of the job's that was never used: a blob of it is written once, and which one counts is
// what the row says.
func (j *Job) NewKey(what string) string {
	return Folder(j.Account, j.ID) + what + "-" + rand.Text() + ".ndjson"
}

// alphabet is that of ids.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// NewID makes an id: batch_ and 16 characters, 82 random bits.
func NewID() string {
	id := make([]byte, 0, 22)
	id = append(id, "batch_"...)
	var raw [64]byte
	for len(id) < 22 {
		_, _ = rand.Read(raw[:]) // it never fails
		for _, b := range raw {
			if b < 252 && len(id) < 22 { // 252 is a multiple of 36: no character comes more often
				id = append(id, alphabet[b%36])
			}
		}
	}
	return string(id)
}
