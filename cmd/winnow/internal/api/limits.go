package api

import "time"

const (
	headerTimeout  = 5 * time.Second
	bodyTimeout    = time.Minute // for the whole body
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10

	// retryAfter is what Retry-After says where nothing better is known, in seconds.
	retryAfter = "1"

	maxJSON       = 1 << 20     // bytes of a body without texts
	maxDepth      = 32          // levels of a request's JSON
	maxKeys       = 1000        // of a request's JSON: those of 200 labels, with descriptions and examples, and more
	maxImages     = 20          // as Classer documents
	maxPixels     = 100_000_000 // of an image: what cameras make, and no bomb
	maxSourceType = 200         // characters
	// maxDescription is what a description or an example may have, in bytes: far more than helps.
	maxDescription = 64 << 10
	// maxEncoded is what descriptions and examples of a label set may have together, in bytes, where the encoder reads them: a
	// second of a CPU, which nobody can call off.
	maxEncoded = 64 << 10

	// usualSet is what a label set counts for, in bytes, of those that are kept ready: as many as the settings say where none is
	// larger, and fewer where some are.
	usualSet = 64 << 10

	defaultTagThreshold = 0.5 // as Classer's /v1/tag has it

	maxIdemKey = 255 // bytes of an Idempotency-Key, as Stripe's API has it

	// firstRoom is what a body takes of the server's room before more of it comes, in bytes: most have less.
	firstRoom = 64 << 10
	// shares is how many clients have a share of the room, where so many ask for all that they can.
	shares = 8

	// keepBuffer is the largest buffer that goes back to its pool, in bytes.
	keepBuffer = 1 << 20

	// The address of an upload is valid as long as S3 signs for.
	ticketFor            = time.Hour
	maxField             = 20 << 10        // bytes of a form's field, and of the headers of its parts
	maxFields            = 100             // of a form
	maxBoundary          = 70              // characters, as RFC 2046 has it
	partFor              = 2 * time.Minute // how long an upload or a download may make no progress
	transferPart         = 1 << 20         // what counts as progress, in bytes
	formBuffer           = 256 << 10       // bytes that are read of an upload at once
	defaultPage, maxPage = 20, 100

	// What is read of a form in which a mistake was found, in bytes, and for how long.
	maxHeard = 64 << 20
	hearFor  = 10 * time.Second

	usageDays, maxUsageDays = 30, 400 // that a report is of

	lookForEvents = time.Second      // as often as a runner records how far it got
	keepAlive     = 15 * time.Second // so long a stream of events may say nothing

	maxMetadata = 16       // pairs that a batch keeps, as OpenAI documents it
	maxParts    = 10_000   // of an upload: of 64 MiB each they are far more than a file may have
	maxEvents   = 100      // that a webhook names
	maxPart     = 64 << 20 // bytes of a part of an upload, as OpenAI documents it
	maxFilePage = 10_000   // as OpenAI documents it
	maxFileName = 255      // characters

	// defaultJobThreshold is that of jobs in multi mode, as Classer documents it.
	defaultJobThreshold = 0.3

	// explainWords is how many words explain a label at most.
	explainWords = 5

	// pinFor is how long the version that a classifier's name stands for is taken as known.
	pinFor = time.Second
)
