// Package cluster holds the connection to a Kafka cluster: how a spec writes it (Connection, TLS, SASL), the options that
// a franz-go client takes from it, and what winnow says when it does not work.
//
// Every client is made from Connection.Options, asked once by Connection.Reach whether it works, and every error that a
// client gives becomes a coded one in Coded: that function alone decides what is tried again. Topics and CheckRights look
// at the start whether what a spec names exists and may be used, so that a run ends then and not after its first hour.
//
// Secrets are read from their files whenever a connection is made, and appear in no log, error or marshalled form.
//
// The package imports pipeline/fault and pipeline/unit alone of winnow.
package cluster
