package span

const (
	// maxLinks is how many links a batch's span has: the limit that OpenTelemetry's SDKs have by default.
	maxLinks = 128
	// maxRecords is how many records of a batch have a span of their own.
	maxRecords = 128
	// maxHeldRecords and maxHeldBatches bound what waits for an epoch's end, about 4 MiB, and the spans that come at once
	// then. An epoch of 50,000 records in full batches holds 7 batches.
	maxHeldRecords = 8192
	maxHeldBatches = 1024
)
