// Command postgres is a plugin for winnow that reads from PostgreSQL tables and writes into them. As a sink it upserts, and keeps
// how far it has its input in the transaction of the rows: exactly once, also behind Kafka. As a source it reads a table or a query
// by ranges of a key, or follows what changes in a table.
package main

import "github.com/winnow-stream/winnow/plugins/sdk"

func main() {
	sdk.Serve(sdk.Plugin{Name: "postgres", Version: "1.0.0", Source: newSource, Sink: newSink})
}
