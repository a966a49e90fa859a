// Package webhook keeps the addresses that accounts have the ends of their jobs posted to, with the secrets that sign what is
// posted, and a log of what became of it. Who posts is package notify.
//
// A secret is shown when its webhook is made and never again; the database has it as it is, since signing needs it. A webhook
// of another account is as unknown as one that never was. The log has no text of a record, and no URL.
package webhook
