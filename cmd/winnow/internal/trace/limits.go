package trace

import "time"

const (
	// queueSpans is how many spans wait for the exporter, about 1 KiB each: one epoch brings 14,336 at most
	// (pipeline/span).
	queueSpans = 16 << 10
	// requestSpans is how many go into one request, and flushEvery how long the first of them waits.
	requestSpans = 512
	flushEvery   = time.Second
	// tellEvery is how often the log says that spans were lost.
	tellEvery = time.Minute
	// closePatience is how long the last spans may take when the pipeline has ended.
	closePatience = 5 * time.Second
	// maxReason bounds the text of an error in the log: a collector's answer is part of it.
	maxReason = 300
)
