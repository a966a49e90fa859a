// Package notify tells of jobs that have ended: by a webhook, signed as Standard Webhooks has it, and by e-mail. What is to
// be told stands in the store's outbox, one note for each end and channel, written together with the job's end: so nothing is
// forgotten by a crash. A note is told at least once, always under the same id, and tried for a day.
//
// Notes hold counts and an error's code and message, and no text of a record.
package notify
