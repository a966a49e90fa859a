package host

import "time"

const (
	// startTimeout is how long a process may take to its handshake, and then to open; a spec can change it.
	startTimeout = 10 * time.Second
	// callTimeout is how long a call may take before its process counts as hanging; a spec can change it.
	callTimeout = time.Minute
	// healthInterval is how often a process is asked whether it answers, unless a call may take less, and how long one may be
	// idle that is no longer wanted.
	healthInterval = 5 * time.Second
	// memoryInterval is how often the memory of a process is looked at that may hold so much and no more.
	memoryInterval = 500 * time.Millisecond
	// stopTimeout is how long a process may take to end when it is asked to.
	stopTimeout = 3 * time.Second
	// lastAnswer is how long a sink that is called may still take to answer once the run has ended.
	lastAnswer = 2 * time.Second
	// drainTimeout is how long the last words of a process that has ended are waited for.
	drainTimeout = time.Second

	// Of all calls to one classifier together: batches, and bytes of texts in a batch.
	maxCalls = 4
	maxBatch = 16 << 20

	// maxStages is how many batches a sink may have that are not written yet, beside those that the engine lets be in flight.
	maxStages = 16

	// readAhead is how many batches of a split may be on their way.
	readAhead = 2

	// splitsEvery is how often a source without an end is asked for new splits.
	splitsEvery = 2 * time.Second

	// maxReceipt is how many bytes a sink may want to be kept in each checkpoint.
	maxReceipt = 64 << 10

	// How long rows wait that a plugin wants to be asked for again: at first, and at most. All of it together is bounded by the time
	// that a call may take.
	laterFirst = 100 * time.Millisecond
	laterMost  = 15 * time.Second

	// A process that ends without a record at fault is started again this often within this time.
	maxRestarts   = 3
	restartWindow = 10 * time.Minute
	// maxGuilty is how many records in a row may be found at fault before it is the plugin that is.
	maxGuilty = 3

	// What is kept of a process's last words, and logged of what it prints.
	maxLine       = 4 << 10 // bytes
	lastWords     = 5       // lines
	linesASecond  = 50
	maxHandshake  = 4 << 10 // bytes; a certificate is about 1 KiB
	maxShownBytes = 80      // of what was printed instead of a handshake
)

// passedOn are the variables of the host's environment that each plugin sees, beside those that its manifest names.
var passedOn = []string{"PATH", "TMPDIR", "TZ", "LANG", "LC_ALL"}
