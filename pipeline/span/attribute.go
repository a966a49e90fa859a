package span

import "go.opentelemetry.io/otel/attribute"

// Attributes of OpenTelemetry's semantic conventions for messaging (1.43).
const (
	keySystem        = attribute.Key("messaging.system")
	keyOperation     = attribute.Key("messaging.operation.name")
	keyOperationType = attribute.Key("messaging.operation.type")
	keyDestination   = attribute.Key("messaging.destination.name")
	keyPartition     = attribute.Key("messaging.destination.partition.id")
	keyGroup         = attribute.Key("messaging.consumer.group.name")
	keyCount         = attribute.Key("messaging.batch.message_count")
	keyOffset        = attribute.Key("messaging.kafka.offset")
	keyErrorType     = attribute.Key("error.type")
)

// Attributes of winnow's own.
const (
	keyPipeline       = attribute.Key("winnow.pipeline")
	keySplit          = attribute.Key("winnow.split")
	keyFirst          = attribute.Key("winnow.offset.first")
	keyNext           = attribute.Key("winnow.offset.next")
	keyBytes          = attribute.Key("winnow.batch.bytes")
	keyDelivered      = attribute.Key("winnow.records.delivered")
	keyDead           = attribute.Key("winnow.records.dead")
	keyDropped        = attribute.Key("winnow.records.dropped")
	keyEpoch          = attribute.Key("winnow.epoch")
	keyOutcome        = attribute.Key("winnow.epoch.outcome")
	keyLinksOmitted   = attribute.Key("winnow.links.omitted")
	keyRecordsOmitted = attribute.Key("winnow.spans.omitted")
	keyClassifier     = attribute.Key("winnow.classifier")
	keyFate           = attribute.Key("winnow.fate")
	keySink           = attribute.Key("winnow.sink")
	keyLabel          = attribute.Key("winnow.label")
	keyConfidence     = attribute.Key("winnow.confidence")
	keyID             = attribute.Key("winnow.id")
)
