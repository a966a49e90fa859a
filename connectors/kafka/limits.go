package kafka

import "time"

const (
	// defaultSession is how long a member may be silent before the group goes on without it, and defaultTransaction how
	// long its transaction may stay open. Losing a process costs at most the sum of both and the broker's sweep of
	// transactions (transaction.abort.timed.out.transaction.cleanup.interval.ms, 10 s).
	defaultSession     = 10 * time.Second
	defaultTransaction = 10 * time.Second
	// defaultRefresh is how often the client looks for new partitions and topics, and fastestRefresh the least pause
	// between two looks, whatever asks for one.
	defaultRefresh = 30 * time.Second
	fastestRefresh = 2500 * time.Millisecond
	// rebalanceTimeout is how long a member may take to give partitions back.
	rebalanceTimeout = 30 * time.Second
	// pollRecords bounds what one poll takes out of the client's buffers.
	pollRecords = 32 << 10
	// fetchWait is how long a broker waits for fetchMin bytes: batches of few records cost more than they gain.
	fetchWait = 50 * time.Millisecond
	fetchMin  = 64 << 10
	// fetchBytes and partitionBytes bound what one fetch brings: clients hold it once (RULINGS' quarter of the memory is
	// above that by default).
	fetchBytes     = 32 << 20
	partitionBytes = 4 << 20
	// bufferedRecords and bufferedBytes bound what waits to be sent; Produce blocks beyond.
	bufferedRecords = 100_000
	bufferedBytes   = 64 << 20
	// lagEvery is how often ends of partitions are asked for, also of those that nothing is read from.
	lagEvery = 5 * time.Second
	// adminTimeout bounds a request about topics and offsets.
	adminTimeout = 15 * time.Second
	// recordOverhead is about what a record takes in a batch beside key, value and headers (record batch v2: header 61
	// bytes a batch, up to 21 bytes of varints a record).
	recordOverhead = 128
	// defaultMaxMessage is the broker's max.message.bytes where it does not tell.
	defaultMaxMessage = 1 << 20
)

// closeTimeout bounds how long a member that fails or ends waits for its transaction's abort.
const closeTimeout = 5 * time.Second
