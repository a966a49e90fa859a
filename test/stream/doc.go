// Package stream holds the tests of streams on a real Kafka: `winnow run` as processes that are killed, frozen and cut
// off, on brokers that are killed, frozen and cut off, with a ledger of every record that was produced as the judge of
// what came out. They need Java and run with the build tag integration: a short form in `make test-all`, in full by
// `make torture-kafka`.
package stream
