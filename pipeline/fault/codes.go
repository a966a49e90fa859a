package fault

// The registry. One line a code: identity, fate, exit status, what it means, what to do. Keep it sorted by ID within
// its group; docs/reference/errors.md is generated from it (make docs).

func code(id string, fate Fate, exit int, summary, fix string) *Code {
	c := &Code{ID: id, Fate: fate, Exit: exit, Summary: summary, Fix: fix}
	registry = append(registry, c)
	return c
}

var registry []*Code

// ByID returns a registered code; nil for an unknown one.
func ByID(id string) *Code {
	for _, c := range registry {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// All returns every registered code in the order of this file.
func All() []*Code { return registry }

// Records: one record is at fault; it goes to the dead letters and the rest goes on.
var (
	RecordCellError     = code("record.cell_error", Row, 1, "A cell of a sheet holds an error value such as #REF!.", "mend the cell and run again")
	RecordControl       = code("record.control", Row, 1, "A record holds NUL bytes or control characters where its format forbids them.", "remove the control characters")
	RecordDuplicateKey  = code("record.duplicate_key", Row, 1, "A JSON record has a field twice that is read or written.", "keep one of the two")
	RecordExpr          = code("record.expression", Row, 1, "An expression could not be evaluated for a record.", "guard the expression against such values, or filter such records with where:")
	RecordFieldConflict = code("record.field_conflict", Row, 1, "A record already has a field of a result's name.", "set prefix: (or --prefix) so that results get names of their own")
	RecordFields        = code("record.fields", Row, 1, "A CSV record has more or fewer fields than the header.", "quote fields that contain the delimiter")
	RecordFormula       = code("record.formula", Row, 1, "A formula cell has no cached value.", "open and save the workbook in a spreadsheet program, so that results are stored")
	RecordJSON          = code("record.json", Row, 1, "A line is not one JSON object.", "put one JSON object on each line")
	RecordQuote         = code("record.quote", Row, 1, "A CSV field has a quote inside an unquoted field, or text after its closing quote.", "double the quotes inside a field and quote the whole field")
	RecordShape         = code("record.shape", Row, 1, "A line is JSON, but not an object.", "put one JSON object on each line")
	RecordTextMissing   = code("record.text_missing", Row, 1, "A record has no text to classify: the field is absent, null or empty of a value.", "name another field with --text (text: in a spec), or filter such records with where:")
	RecordTombstone     = code("record.tombstone", Row, 1, "A message has no value, and the source says that such ones are rejected.", "set tombstones: pass or drop")
	RecordTooLarge      = code("record.too_large", Row, 1, "A record is larger than max_record_bytes.", "raise max_record_bytes, or split the record")
	RecordTopic         = code("record.topic", Row, 1, "The topic that a record would be written to is one that the pipeline reads, or that takes its dead letters.", "change topic: of the sink, so that no record makes such a name")
	RecordType          = code("record.type", Row, 1, "A field's value is not of the type that its column has.", "make the field's type the same in every record")
	RecordUTF8          = code("record.utf8", Row, 1, "A record holds bytes that are not valid UTF-8.", "convert the input to UTF-8, or name its encoding with --encoding")
)

// Inputs: a file as a whole can't be read.
var (
	InputChanged       = code("input.changed", Fatal, 1, "An input file is not the one that the run began with.", "put the old file back, or start anew with --overwrite")
	InputColumns       = code("input.columns", Fatal, 1, "A file declares more columns than the limit.", "check the delimiter; select the columns you need before")
	InputCorrupt       = code("input.corrupt", Fatal, 1, "A file is damaged, cut short, or not of its format.", "get the file again from where it came; nothing was published")
	InputEmpty         = code("input.empty", Fatal, 1, "There is no record in the input.", "check the path and the file's content")
	InputEncoding      = code("input.encoding", Fatal, 1, "A file's text encoding is not what its format needs.", "convert it to UTF-8, or name its encoding with --encoding")
	InputFormat        = code("input.format", Fatal, 1, "A file's content is not of the format that its name or the options say.", "name the format with --format, or convert the file")
	InputLineEnds      = code("input.line_ends", Fatal, 1, "A file ends its lines with CR alone.", "convert the line ends to LF or CRLF")
	InputMissing       = code("input.missing", Fatal, 2, "An input path does not exist, or matches no file.", "check the path")
	InputRead          = code("input.read", Transient, 3, "Reading an input gave an error of the operating system.", "check permissions and the disk, then run the same command again")
	InputSchema        = code("input.schema", Fatal, 1, "Two files of one input have different columns.", "process them in separate runs")
	InputSeparator     = code("input.separator", Fatal, 1, "A file's fields are not separated by the delimiter that was given.", "name the delimiter with --delimiter")
	InputTooLarge      = code("input.too_large", Fatal, 1, "A file inflates beyond the limits against decompression bombs.", "if you trust the file, raise max_inflated of the source in a spec")
	InputUnclosedQuote = code("input.unclosed_quote", Fatal, 1, "A quoted CSV field never ends.", "close the quote on the line named")
	InputUnsupported   = code("input.unsupported", Fatal, 1, "A file uses a feature of its format that winnow does not read.", "convert the file with the program that wrote it")
)

// Columns and fields that the configuration names.
var (
	ColumnsDuplicate = code("columns.duplicate", Fatal, 1, "A header names the same column twice.", "rename one of the two columns")
	ColumnsRange     = code("columns.range", Fatal, 2, "A column is named by a number that the file has no column for.", "count the columns from 0")
	ColumnsSyntax    = code("columns.syntax", Fatal, 2, "What should name columns can't be read, or names one twice.", "name columns by their numbers from 0, or by their names: 3, 3,4, [3, 4] or text")
	ColumnsType      = code("columns.type", Fatal, 2, "A column is not of a type that its use allows.", "name a column of text")
	ColumnsUnknown   = code("columns.unknown", Fatal, 2, "A column that is asked for is not in the input.", "use one of the columns listed")
	ColumnsRequired  = code("columns.required", Fatal, 2, "The text column was not named and can't be guessed.", "name it with --text (text: in a spec)")
)

// Label sets and classification.
var (
	LabelsRequired    = code("labels.required", Fatal, 2, "Neither labels nor a classifier were given.", "give --labels a,b or --labels-file FILE, or --classifier NAME for a saved or built-in one")
	LabelsExclusive   = code("labels.or_classifier", Fatal, 2, "Labels were given in more than one way.", "give one of them")
	LabelsBlank       = code("labels.blank", Fatal, 2, "A label is empty or blank.", "remove it or give it a name")
	LabelsControl     = code("labels.control", Fatal, 2, "A label contains control characters.", "remove the control characters")
	LabelsDuplicate   = code("labels.duplicate", Fatal, 2, "Two labels are the same after trimming, Unicode normalization and case folding.", "rename or remove one of them")
	LabelsFile        = code("labels.file", Fatal, 2, "A labels file can't be read as a list or map of labels.", "write a list of names, a map from name to description, or a list of {name, description, examples}")
	LabelsTooLong     = code("labels.too_long", Fatal, 2, "A label is longer than 100 characters.", "shorten it; what it means belongs into its description")
	LabelsType        = code("labels.type", Fatal, 2, "A label, its description or its examples are not written as text.", "write a list of names, a map from name to description, or a list of {name, description, examples}")
	LabelsTooMany     = code("labels.too_many", Fatal, 2, "There are more labels than a label set may have.", "use fewer labels, or train a classifier")
	LabelsDescription = code("descriptions.unknown_label", Fatal, 2, "A description names a label that is not in the set.", "use one of the labels")
	LabelsExamples    = code("examples.invalid", Fatal, 2, "Examples are empty, too many, or name a label that is not in the set.", "give up to 100 non-empty examples a label")
	ExamplesConflict  = code("examples.conflict", Fatal, 2, "A text is an example of two labels, and a text gets one.", "keep it with one of them, or use mode multi")
	LabelsUnknown     = code("labels.unknown", Fatal, 2, "A label is asked for that the model does not have.", "use labels of the model")
	LabelsNoWords     = code("labels.no_known_words", Fatal, 2, "The classifier knows no word of a label.", "describe the label in English words")
	ThresholdRange    = code("threshold.range", Fatal, 2, "A threshold lies outside of [0, 1].", "give a number from 0 to 1")
	ThresholdMode     = code("threshold.mode", Fatal, 2, "A threshold was given in single mode, where it has no meaning.", "use mode multi, or abstain to drop unsure answers")
	TopKRange         = code("top_k.range", Fatal, 2, "top_k is below 1 or above the number of labels.", "give a number from 1 to the number of labels")
	ModeUnknown       = code("mode.unknown", Fatal, 2, "The mode is not one that winnow knows.", "use single or multi")
	BackendUnknown    = code("backend.unknown", Fatal, 2, "The backend is not one that this build has.", "use one of the backends listed")
	ModelInvalid      = code("model.invalid", Fatal, 2, "A model's files can't be loaded.", "check the folder; it needs model.safetensors and tokenizer.json")
	ModelName         = code("model.name", Fatal, 2, "A model can't have this name, or another one has it.", "use lower-case letters, digits, '-', '_' and '.', and a name that is not taken")
	ModelUnknown      = code("model.unknown", Fatal, 2, "No model was added under this name.", "winnow models list shows those that there are")
	ModelUnsupported  = code("model.unsupported", Fatal, 2, "A model is of a kind that this build can't run.", "take an encoder of the BERT family with an uncased WordPiece tokenizer")
	RefineInput       = code("refine.input", Fatal, 2, "refine needs an input that can be read twice.", "write standard input to a file first, or leave refine out")
	TrainDiverged     = code("train.diverged", Fatal, 1, "A training's loss left the numbers.", "lower the learning rate (lr), or train with fewer threads")
	TrainExamples     = code("train.examples", Fatal, 2, "The examples are not enough to train on.", "give texts with labels")
	ClassifyFailed    = code("classify.failed", Row, 1, "The classifier could not answer for a record.", "see the message; replay the dead letter after the cause is gone")
	ClassifyReply     = code("classify.bad_reply", Fatal, 1, "A classifier broke its contract: wrong number of rows, unknown label, or NaN.", "report it to the author of the classifier")
)

// Explanations.
var (
	ExplainUnsupported = code("explain.unsupported", Fatal, 2, "The classifier can't say which words moved its scores.", "leave explain out, or use another backend")
)

// Saved classifiers.
var (
	ClassifierAlias   = code("classifier.alias", Fatal, 2, "An alias has a name that it can't have.", "choose a word, such as production")
	ClassifierBuiltin = code("classifier.builtin", Fatal, 2, "A classifier that is built into winnow can't be changed.", "choose another name")
	ClassifierInUse   = code("classifier.in_use", Fatal, 2, "A version can't be deleted while an alias names it.", "move or remove the alias first, or delete with --force")
	ClassifierInvalid = code("classifier.invalid", Fatal, 2, "What should be saved is no valid classifier.", "see the message")
	ClassifierName    = code("classifier.name", Fatal, 2, "A classifier can't have this name.", "use lower-case letters, digits, '-', '_' and '.', and begin with a letter or digit")
	ClassifierNewer   = code("classifier.newer", Fatal, 3, "A classifier was saved by a newer version of winnow, or by one that answers differently.", "use that version of winnow")
	ClassifierOption  = code("classifier.option", Fatal, 2, "A saved classifier does not let this option be changed.", "leave the option out, or save a version that has it")
	ClassifierRef     = code("classifier.ref", Fatal, 2, "A reference to a saved classifier can't be read, or fits more than one version.", "write NAME, NAME@v2, NAME@ALIAS or NAME@sha256:…")
	ClassifierStale   = code("classifier.stale", Row, 1, "A classifier was changed since it was read.", "read it again, and save the change of what it is now")
	ClassifierTask    = code("classifier.task", Fatal, 2, "A saved classifier does other work than is asked of it.", "use one that was made for it; winnow classifiers show NAME tells its backend")
	ClassifierUnknown = code("classifier.unknown", Fatal, 2, "No saved classifier has this name.", "winnow classifiers list shows those that there are")
	ClassifierVersion = code("classifier.version", Fatal, 2, "A saved classifier has no such version or alias.", "winnow classifiers show NAME shows the newest version and the aliases")
	CatalogArchive    = code("catalog.archive", Fatal, 1, "A file is not an exported classifier, or is damaged, or holds what none holds.", "export it again, and check how it was copied")
	CatalogDamaged    = code("catalog.damaged", Fatal, 3, "A file of the catalog was changed, torn or removed.", "restore it from a backup, import the version again, or delete it with --force")
	CatalogLocked     = code("catalog.locked", Fatal, 3, "Another process is writing the catalog, and does not come to an end.", "wait for it, or stop it; then run the command again")
)

// Training.
var (
	TrainLabel    = code("train.label", Fatal, 2, "An example has a label that is not in the label set, or too many or too few labels.", "mend the example, add the label to the set, or use mode multi where texts have any number of labels")
	TrainOneLabel = code("train.one_label", Fatal, 2, "All examples have the same labels: there is nothing to tell apart.", "add examples of at least one other label; in mode multi, examples without the label do as well")
	TrainRows     = code("train.too_few", Fatal, 2, "There are too few examples to train on.", "give at least 2 examples a label, better 8 or more")
	TrainTooMuch  = code("train.too_much", Fatal, 2, "There is more text to train on than is kept in memory.", "train on a part of it, with --limit")
	TrainEntities = code("train.entities", Fatal, 2, "The examples hold no entities, or too few to train on.", "give examples in which entities are marked, better 500 entities or more")
	TrainSpans    = code("train.spans", Fatal, 2, "An example's tags or spans can't be used.", "mend the example; tags are O, B-type and I-type, spans are {start, end, type} in code points and may not overlap or cut a word")
	TrainTypes    = code("train.types", Fatal, 2, "The examples have too many types of entities.", "use fewer types")
)

// Labelling by hand.
var (
	LabelLocked   = code("label.locked", Fatal, 3, "Another process is labelling into the same file.", "leave it there, or name another file with -o")
	LabelOutput   = code("label.output", Fatal, 2, "The file for labelled records holds something else.", "name another file with -o, or mend the line")
	LabelTasks    = code("label.too_many", Fatal, 2, "There are more records to label than somebody could.", "choose those that help most with winnow suggest")
	LabelTerminal = code("label.terminal", Fatal, 2, "Labelling needs a terminal that shows texts and takes keys.", "run the command in a terminal, without pipes; over SSH with ssh -t")
)

// Entities and keyphrases.
var (
	EntitiesType    = code("entities.type_unknown", Fatal, 2, "A type of entities is asked for that nothing finds.", "use one of the types listed")
	EntitiesList    = code("entities.list", Fatal, 2, "A list of terms can't be read.", "mend the place that is named; a list is text with a term a line, CSV with the columns term, type and id, or JSONL with these fields")
	EntitiesFailed  = code("entities.failed", Row, 1, "The entities of a record could not be found.", "see the message; replay the dead letter after the cause is gone")
	EntitiesReply   = code("entities.bad_reply", Fatal, 1, "An extractor broke its contract: wrong number of rows, an unknown type, or a span outside of its text.", "report it to the author of the extractor")
	KeyphrasesReply = code("keyphrases.bad_reply", Fatal, 1, "A keyphraser broke its contract: wrong number of rows, or a list outside of what it found.", "report it to the author of the keyphraser")
	RedactFormat    = code("redact.unsupported", Fatal, 2, "A sink can't hide entities in records of this format.", "see the message")
)

// Specs, expressions, options.
var (
	ConfigEnv     = code("config.env", Fatal, 2, "A spec refers to an environment variable that is not set.", "set it, or give a default with ${NAME:-default}")
	ConfigExpr    = code("config.expression", Fatal, 2, "An expression does not compile.", "see the caret under the expression")
	ConfigField   = code("config.field", Fatal, 2, "A field of a spec has a value that is not allowed.", "")
	ConfigLoop    = code("config.loop", Fatal, 2, "An output is also an input.", "write to another path")
	ConfigMissing = code("config.missing", Fatal, 2, "A spec lacks a field that is required.", "")
	ConfigRoute   = code("config.route", Fatal, 2, "The routes and the sinks of a spec don't fit together.", "")
	ConfigSecret  = code("config.secret", Fatal, 2, "A secret is written out in a spec. It is a warning only.", "take it from the environment, ${NAME}, or from a file, {file: PATH}")
	ConfigUnknown = code("config.unknown_field", Fatal, 2, "A spec has a field that winnow does not know.", "")
	ConfigYAML    = code("config.yaml", Fatal, 2, "A spec is not valid YAML.", "mend the syntax at the place named")
	ConfigWeak    = code("config.guarantee", Fatal, 2, "The connectors can't give the guarantee that the spec asks for.", "change the sinks, or ask for at_least_once")
	EvalBelow     = code("eval.below", Fatal, 1, "A score is lower than --fail-under allows.", "look at what is confused and at the rows that are wrong, or lower the limit")
	EvalEmpty     = code("eval.no_gold", Fatal, 2, "No record has a gold label to compare with.", "name the column that holds the true labels with --gold")
	EvalLabels    = code("eval.labels", Fatal, 2, "A column that should hold labels has more different values than there can be labels.", "name the column that holds labels, or give the labels")
	EvalMismatch  = code("eval.mismatch", Fatal, 2, "Two evaluations that are compared are not about the same rows.", "compare answers for the same rows in the same order")
	EvalValue     = code("eval.value", Fatal, 1, "A value in a column of labels or confidences is not one.", "see the message")
	TestFailed    = code("test.failed", Fatal, 1, "A test case of a spec did not come out as it expects.", "mend the spec, or what the case expects")
	Usage         = code("usage", Fatal, 2, "A command was called with wrong arguments.", "see --help")
)

// Kafka. What a broker or a network may mend by itself is transient.
var (
	KafkaAuth         = code("kafka.auth", Fatal, 3, "The broker refused the credentials, or the principal lacks a right.", "check user, password and mechanism, or grant the right that is named")
	KafkaCommit       = code("kafka.commit", Transient, 3, "A transaction or an offset commit failed; the records since the last commit are read again.", "see the message; the pipeline goes on by itself")
	KafkaCorrupt      = code("kafka.corrupt", Fatal, 1, "A record batch in a topic is damaged: its checksum is wrong.", "restore the partition from a healthy replica, or skip the offset that is named")
	KafkaDataLost     = code("kafka.data_lost", Fatal, 1, "Records between the last commit and the start of a partition are gone: retention was faster than this pipeline.", "set on_data_loss: skip to go on at the first record that is there; the gap is counted")
	KafkaFenced       = code("kafka.fenced", Transient, 3, "Another process took over: with the same instance_id or transactional id, or by a rebalance.", "give each process an instance_id of its own, or leave it out")
	KafkaGroup        = code("kafka.group", Fatal, 2, "The consumer group can't be joined: its name is invalid or its members speak another protocol.", "use another group, or stop its other members first")
	KafkaTLS          = code("kafka.tls", Fatal, 3, "The TLS handshake failed, or one side speaks TLS and the other does not.", "check tls: and the port, and the certificate authority")
	KafkaToken        = code("kafka.token", Transient, 3, "A login that worked has no valid token any more: the authorization server gives none, or the brokers refuse the one there is.", "see the message, and renew the token or mend the authorization server; the pipeline tries again by itself")
	KafkaTopicUnknown = code("kafka.topic_unknown", Fatal, 2, "A topic does not exist.", "create it, or check its name")
	KafkaUnreachable  = code("kafka.unreachable", Transient, 3, "No broker answers.", "check the addresses in brokers: and that a broker listens there")
	KafkaUnsupported  = code("kafka.unsupported", Fatal, 3, "The broker is too old for what is asked of it, or refuses the setting.", "see the message")
	KafkaWrite        = code("kafka.write", Transient, 3, "A record could not be written to a topic.", "see the message; the pipeline goes on by itself")
)

// Schema registries.
var (
	SchemaRegistry = code("schema.registry", Transient, 3, "The schema registry does not answer or gave an error.", "check its address and credentials")
	SchemaRefused  = code("schema.refused", Fatal, 2, "The schema registry refused a schema.", "see the message; most likely the new fields need a default, or the compatibility level forbids them")
	SchemaUnknown  = code("schema.unknown", Row, 1, "A record names a schema id that the registry does not know, or none.", "check that the producer and winnow use the same registry")
	SchemaInvalid  = code("schema.invalid", Fatal, 2, "A schema can't be read.", "see the message")
	RecordSchema   = code("record.schema", Row, 1, "A record's bytes do not fit its schema.", "look at the producer: it wrote with another schema than it names")
)

// Plugins.
var (
	PluginBadReply    = code("plugin.bad_reply", Fatal, 1, "A plugin broke the protocol: wrong columns or number of rows, an unknown label, NaN, or a message that is too large.", "report it to the plugin's author; the same command continues with a version that keeps the protocol")
	PluginChecksum    = code("plugin.checksum", Fatal, 3, "A plugin's files are not those that were installed, or not those that the spec pins.", "install the plugin again from where you trust it, or pin what is installed")
	PluginConfig      = code("plugin.config", Fatal, 2, "A plugin's configuration does not fit its schema, or the plugin refuses it.", "see the message; winnow plugin info NAME shows what the plugin takes")
	PluginCrashed     = code("plugin.crashed", Fatal, 3, "A plugin's process ended again and again.", "see the plugin's last words, and report it to its author; the same command continues")
	PluginExists      = code("plugin.exists", Fatal, 2, "A folder that should be made is there already.", "choose another name")
	PluginFailed      = code("plugin.failed", Fatal, 1, "A plugin says that it can't go on.", "see the message; the same command continues once the cause is gone")
	PluginFenced      = code("plugin.fenced", Transient, 3, "A plugin's sink was about to commit records of a split that another process has taken over.", "nothing of them was written; the pipeline goes on by itself where the sink stands")
	PluginFile        = code("plugin.file", Fatal, 3, "A plugin's file is missing, can't be executed, or could be changed by others.", "check the file and its permissions, and install the plugin again")
	PluginHandshake   = code("plugin.handshake", Fatal, 3, "A plugin's process did not begin as a plugin does.", "check command in its plugin.yaml; the first thing that a plugin prints is its handshake")
	PluginKind        = code("plugin.kind", Fatal, 2, "A plugin can't be what it is asked to be, or is not what its manifest says.", "winnow plugin info NAME shows what it can be")
	PluginManifest    = code("plugin.manifest", Fatal, 2, "A plugin's manifest can't be used.", "mend its plugin.yaml")
	PluginMissing     = code("plugin.missing", Fatal, 2, "No installed plugin has this name.", "winnow plugin list shows those that there are; winnow plugin install FOLDER adds one")
	PluginPromise     = code("plugin.promise", Fatal, 1, "winnow plugin test found a promise of the protocol that a plugin does not keep.", "see the lines that say broken")
	PluginRecord      = code("plugin.record", Row, 1, "A plugin's process ends, or hangs, whenever it gets this record.", "report it to the plugin's author, and replay the dead letter with a version that can take it")
	PluginRefused     = code("plugin.refused", Row, 1, "A plugin has no answer for a record, or does not take it.", "see the message; replay the dead letter after the cause is gone")
	PluginTimeout     = code("plugin.start_timeout", Fatal, 3, "A plugin was not ready in time.", "see the plugin's last words; raise start_timeout where it loads a large model")
	PluginUnavailable = code("plugin.unavailable", Transient, 3, "A plugin says that it can't answer now.", "see the message; the pipeline tries again by itself")
	PluginUnpinned    = code("plugin.unpinned", Fatal, 2, "A plugin is named by its folder, and only installed ones are started.", "install it with winnow plugin install FOLDER, or allow it with --allow-unpinned while you write it")
	PluginVersion     = code("plugin.version", Fatal, 3, "A plugin speaks another version of the protocol than this winnow.", "take a build of the plugin, or a winnow, that speaks the other's")
)

// HTTP. Those of the source are what its clients read.
var (
	HTTPAuth        = code("http.unauthorized", Row, 1, "A request to the HTTP source has no key, or a wrong one.", "send the header Authorization: Bearer KEY")
	HTTPBody        = code("http.body", Row, 1, "A request's body is not NDJSON, or can't be read.", "send one JSON object on each line")
	HTTPBusy        = code("http.busy", Transient, 3, "The HTTP source has no room for another request, or is stopping.", "send the request again after the seconds in Retry-After")
	HTTPEndpoint    = code("http.endpoint", Fatal, 3, "The endpoint of an HTTP sink refuses every request: wrong address, method, media type or credentials.", "check url, method and headers; the same command continues")
	HTTPIdempotency = code("http.idempotency", Row, 1, "An Idempotency-Key was used before with another body, or is not valid.", "use a new key for each body")
	HTTPListen      = code("http.listen", Fatal, 3, "The HTTP source can't listen on its address.", "choose another address in listen:, or stop who uses it")
	HTTPMedia       = code("http.media_type", Row, 1, "A request's media type or content encoding is not one that the HTTP source reads.", "send Content-Type: application/x-ndjson, plain or with Content-Encoding: gzip")
	HTTPOrigin      = code("http.origin", Row, 1, "A request without a key comes from a web page, or names another host than this machine.", "configure keys, or send it from a program on this machine")
	HTTPRefused     = code("http.refused", Row, 1, "The endpoint of an HTTP sink refused a record.", "see the message; mend the record or what it is sent to")
	HTTPReply       = code("http.reply", Fatal, 3, "An endpoint's answer can't be understood.", "see the message; results have to name records by their index in the request")
	HTTPRoute       = code("http.route", Row, 1, "A request's path or method is not that of the HTTP source.", "POST to the path that the source is configured with")
	HTTPTooLarge    = code("http.too_large", Row, 1, "A request's body is larger than max_body, compressed or not.", "send fewer records at once, or raise max_body")
	HTTPUnavailable = code("http.unavailable", Transient, 3, "The endpoint of an HTTP sink does not answer, or asks to wait.", "see the message; the pipeline goes on by itself")
)

// The HTTP service. What a client did wrong is a row: the next request goes on.
var (
	AuthInvalid       = code("auth.invalid", Row, 1, "A key is not one that the server knows, or it has expired or was revoked.", "check the key; winnow keys create makes another")
	AuthInQuery       = code("auth.in_query", Row, 1, "A key stands in a URL, where logs and histories keep it.", "send it in the header, Authorization: Bearer KEY, and replace it")
	AuthMissing       = code("auth.missing", Row, 1, "A request has no key.", "send the header Authorization: Bearer KEY")
	AuthScheme        = code("auth.scheme", Row, 1, "The Authorization header is not of the scheme Bearer.", "send the header Authorization: Bearer KEY")
	AuthScope         = code("auth.scope", Row, 1, "A key does not allow what a request asks for.", "use a key of the scope that is named")
	OriginForbidden   = code("origin.forbidden", Row, 1, "A request without a key comes from a web page, or through a proxy.", "create a key with winnow keys create, and send it")
	OriginHost        = code("origin.host", Row, 1, "A request without a key names another host than this machine.", "use localhost, 127.0.0.1 or [::1], or create a key with winnow keys create")
	RouteUnknown      = code("route.unknown", Row, 1, "A request's path is none of the server's.", "see /openapi.json for those that there are")
	RouteMethod       = code("route.method", Row, 1, "A request's method is not one that its path takes.", "use one of those in the header Allow")
	BodyDepth         = code("body.depth", Row, 1, "A request's JSON is nested too deeply.", "send the fields that the reference lists")
	BodyKeys          = code("body.keys", Row, 1, "A request's JSON has very many keys.", "send fewer")
	BodyDuplicate     = code("body.duplicate_key", Row, 1, "A request's JSON has a key twice, also under its other name.", "keep one of the two")
	BodyEncoding      = code("body.encoding", Row, 1, "A request's Content-Encoding is not one that the server reads.", "send the body plain, or with Content-Encoding: gzip")
	BodyInflated      = code("body.inflated", Row, 1, "A request's body is larger than allowed once it is decompressed.", "send less at once")
	BodyJSON          = code("body.json", Row, 1, "A request's body is not one JSON object.", "mend the JSON at the byte named")
	BodyNumber        = code("body.number", Row, 1, "A number in a request's JSON is none, or too large.", "send a number that JSON has")
	BodyRead          = code("body.read", Row, 1, "A request's body did not come whole, or not in time.", "send the request again")
	BodyTooLarge      = code("body.too_large", Row, 1, "A request's body is larger than allowed.", "send less at once, or use a batch job")
	BodyTrailing      = code("body.trailing", Row, 1, "Something follows the JSON object of a request.", "send one JSON object")
	BodyType          = code("body.type", Row, 1, "A request's Content-Type is not the one that its route takes.", "send the header Content-Type: application/json")
	BodyUnexpected    = code("body.unexpected", Row, 1, "A request has a body, and its route takes none.", "send the request without a body, or with {}")
	BodyUnknownKey    = code("body.unknown_key", Row, 1, "A request's JSON has a key that the route does not take.", "use the keys that the reference lists")
	BodyUTF8          = code("body.utf8", Row, 1, "A request's JSON is not valid UTF-8, or escapes half a character.", "send UTF-8")
	FormField         = code("form.field", Row, 1, "A field of a form has a value that is not allowed.", "see the message")
	FormModel         = code("form.model", Row, 1, "A form names no model, or one that there is none of.", "name a saved classifier, one that is built in, or a model that finds entities; GET /v1/classifiers lists those that there are")
	FieldType         = code("field.type", Row, 1, "A field of a request is not of its type.", "see the message")
	FieldRange        = code("field.range", Row, 1, "A field of a request is outside of what is allowed.", "see the message")
	URLScheme         = code("url.scheme", Row, 1, "An address in a request is not one of the web.", "send an address that begins with http:// or https://, or the content in base64")
	Base64            = code("field.base64", Row, 1, "A field of a request is not base64.", "encode the content with the standard alphabet and its padding")
	ImageType         = code("image.type", Row, 1, "What is sent as an image is none.", "send PNG, JPEG, GIF or WebP")
	ImagePixels       = code("image.pixels", Row, 1, "An image has more pixels than allowed.", "make it smaller: classifiers see some megapixels at most")
	DocumentType      = code("document.type", Row, 1, "What is sent as a file is neither PDF nor DOCX.", "save it as one of these")
	ImagesTooMany     = code("images.too_many", Row, 1, "A request has more images than allowed.", "send at most 20")
	InputRequired     = code("input.required", Row, 1, "A request has nothing to classify.", "send text")
	SourceTypeLong    = code("source_type.too_long", Row, 1, "A source type is longer than 200 characters.", "shorten it")
	SpeedUnknown      = code("speed.unknown", Row, 1, "The priority is not one that there is.", "use standard or fast")
	TextBlank         = code("text.blank", Row, 1, "A text is empty or blank.", "send a text with words")
	TextTooLong       = code("text.too_long", Row, 1, "A text has more tokens than allowed.", "cut it into parts")
	TextsRange        = code("texts.range", Row, 1, "A request has no texts, or more than allowed.", "send from 1 to 1,000 texts")
	ClassifyTimeout   = code("classifier.timeout", Transient, 3, "A classifier did not answer in time.", "send the request again, or ask for less at once")
	ClassifyDown      = code("classifier.unavailable", Transient, 3, "A classifier could not be asked.", "send the request again after the seconds in Retry-After")
	ServerBusy        = code("server.busy", Transient, 3, "The server has no room for another request.", "send the request again after the seconds in Retry-After")
	ServerDraining    = code("server.draining", Transient, 3, "The server is shutting down.", "send the request again after the seconds in Retry-After")
	RateExceeded      = code("rate.exceeded", Transient, 3, "A key has made more requests than it may.", "send the request again after the seconds in Retry-After")
	IdemKey           = code("idem.key", Row, 1, "An Idempotency-Key is not one that can be kept.", "send one of 1 to 255 printable characters, such as a UUID")
	IdemProgress      = code("idem.in_progress", Transient, 3, "A request with the same Idempotency-Key is being answered.", "send it again after the seconds in Retry-After")
	IdemSecret        = code("idem.secret_once", Row, 1, "A request with the same Idempotency-Key made something with a secret, which is shown once.", "delete what was made, and make it again under a new key")
	IdemMismatch      = code("idem.mismatch", Row, 1, "An Idempotency-Key came before with another body.", "use a new key for another request")
	AccountBusy       = code("account.busy", Row, 1, "Another job of the account is running.", "wait for it to end, or cancel it")
	JobUnknown        = code("job.unknown", Row, 1, "The account has no job of this id.", "check the id; GET /v1/batch lists the account's jobs")
	JobStarted        = code("job.started", Row, 1, "A job that was started takes no other input.", "create a new job")
	JobProcessing     = code("job.processing", Row, 1, "A job that is running can't be started or deleted.", "wait for it to end, or cancel it")
	JobCompleted      = code("job.completed", Row, 1, "A completed job can't be started again.", "create a new job")
	JobEnded          = code("job.ended", Row, 1, "A job that has ended can't be cancelled.", "delete it, where it is not wanted any more")
	JobFailed         = code("job.failed", Row, 1, "A job that failed or was cancelled has not all of its results.", "mend the cause of its error and start it again; partial=true has what was done before")
	UsageQuery        = code("usage.query", Row, 1, "A report of usage is asked for that there can't be.", "from and to are days such as 2026-11-28, and by is some of day, key, classifier and priority: by=day,key")
	ListRange         = code("list.range", Row, 1, "A page of a list is asked for that there can't be.", "use limit from 1 to 100, and a job's id as after")
	ConditionFailed   = code("condition.failed", Row, 1, "A file is asked for on a condition that it does not meet.", "leave out If-Match and If-Unmodified-Since")
	RangeUnknown      = code("range.unknown", Row, 1, "A range of a file is asked for that it does not have.", "send Range: bytes=FIRST-LAST, counted from 0; the header Content-Range has the file's size")
	ResultsNotReady   = code("results.not_ready", Row, 1, "A job's results are asked for before it is completed.", "wait until its status is completed")
	DownloadSignature = code("download.signature", Row, 1, "A download's address is not one that the server gave out, or has expired.", "ask for the results again")
	UploadExpired     = code("upload.expired", Row, 1, "An upload's address has expired.", "create a new job")
	UploadFields      = code("upload.fields", Row, 1, "An upload's form leaves out a field that belongs to its signature.", "send all of upload_fields")
	UploadLength      = code("upload.length", Row, 1, "An upload has fewer bytes than its Content-Length says, or its file goes beyond them.", "upload it again")
	UploadMissing     = code("upload.missing", Row, 1, "A job is started before its input was uploaded.", "upload the input to upload_url first")
	UploadPart        = code("upload.part", Row, 1, "An upload is not a form with its fields before one file.", "send multipart/form-data: the fields of upload_fields, then file")
	UploadSignature   = code("upload.signature", Row, 1, "An upload's address or one of its fields is not what the server gave out.", "send the fields of upload_fields as they are")
	UploadEmpty       = code("upload.empty", Row, 1, "An uploaded file is empty.", "upload a file with one JSON object on each line")
	UploadChecksum    = code("upload.checksum", Row, 1, "An uploaded file is not the one that its checksum was made of.", "upload it again")
	UploadTooLarge    = code("upload.too_large", Row, 1, "An uploaded file is larger than allowed.", "split it into several jobs")
	NotifyEmail       = code("notify.email", Row, 1, "A job names an e-mail address that is none, or the server sends no e-mail.", "write it as name@example.com; the server's operator sets notify.email")
	UploadUnsigned    = code("upload.unsigned", Row, 1, "An upload's form is not signed, and the server takes signed ones only (uploads.strict).", "send all of upload_fields")
	WebhookEvents     = code("webhook.events", Row, 1, "A webhook asks for an event that there is none of.", "send some of batch.completed, batch.failed, batch.cancelled, batch.expired, or leave events out")
	WebhookMany       = code("webhook.too_many", Row, 1, "An account has as many webhooks as it may have.", "delete one that is not needed")
	WebhookPrivate    = code("webhook.private", Row, 1, "A webhook's address is one of the server's machine or of a private network.", "use an address of the internet; the server's operator allows others with notify.private")
	WebhookUnknown    = code("webhook.unknown", Row, 1, "An account has no such webhook.", "GET /v1/webhooks lists those that there are")
	WebhookURL        = code("webhook.url", Row, 1, "A webhook's address is none that can be posted to.", "write it as https://example.com/hooks/winnow")
	BatchEndpoint     = code("batch.endpoint", Row, 1, "A batch's endpoint is not one that batches can ask.", "use /v1/classify or /v1/tag")
	BatchWindow       = code("batch.window", Row, 1, "A batch's completion_window is not one that there is.", "use 24h")
	BatchMetadata     = code("batch.metadata", Row, 1, "A batch's metadata is more than is kept.", "use at most 16 pairs of texts, keys of up to 64 and values of up to 512 characters")
	FileParts         = code("file.parts", Row, 1, "The parts that are named don't make the file that was announced.", "name every part once, in the file's order")
	FilePurpose       = code("file.purpose", Row, 1, "A file's purpose is not one that there is.", "use batch")
	FileState         = code("file.state", Row, 1, "An upload that has ended takes nothing more.", "begin another one")
	FileUnknown       = code("file.unknown", Row, 1, "The account has no file or upload of this id.", "check the id; GET /v1/files lists the account's files")
	RequestLine       = code("request.line", Row, 1, "A line of a batch is not a request that the batch can make.", "write {\"custom_id\": …, \"method\": \"POST\", \"url\": the batch's endpoint, \"body\": {…}}")
	KeyUnknown        = code("key.unknown", Fatal, 2, "No key has this id.", "winnow keys list shows those that there are")
	KeyInvalid        = code("key.invalid", Fatal, 2, "A key can't be made as asked.", "see the message")
	ServerAddress     = code("server.address", Fatal, 2, "The address of a server is not one.", "write it as http://HOST:PORT, or unix:PATH")
	ServerAnswer      = code("server.answer", Fatal, 3, "A server answers what no winnow server does, or something went wrong in it.", "check the address; a proxy may answer in its place")
	ServerUnreachable = code("server.unreachable", Transient, 3, "No winnow server answers at an address.", "start one with winnow serve, or name its address with --server or in the variable WINNOW_URL")
	ServerData        = code("server.data", Fatal, 3, "The server's data folder can't be used.", "check the path and its permissions")
)

// What a server keeps its jobs in.
var (
	BlobMissing      = code("blob.missing", Fatal, 1, "A file of a job is not where it was kept.", "look whether somebody has removed it beside winnow; the job has to be made anew")
	BlobsUnavailable = code("blobs.unavailable", Transient, 3, "The store of uploads and results does not answer at the moment.", "send the request again after the seconds in Retry-After")
	ServerBlobs      = code("server.blobs", Fatal, 3, "The store of uploads and results can't be used.", "check its address, its credentials and their rights")
	ServerDatabase   = code("server.database", Fatal, 3, "The server's database can't be used.", "check its address, its user's rights, and that it runs")
	StoreUnavailable = code("store.unavailable", Transient, 3, "The server's database does not answer at the moment.", "send the request again after the seconds in Retry-After")
)

// Outputs, state and the environment.
var (
	OutputExists   = code("output.exists", Fatal, 2, "The output exists and was not written by this run.", "choose another path, or replace it with --overwrite")
	OutputFolder   = code("output.folder", Fatal, 2, "The output's folder does not exist.", "create it, or choose another path")
	OutputGone     = code("output.gone", Fatal, 3, "The unfinished output that the state speaks of is missing or was changed.", "put it back, or start anew with --overwrite")
	OutputWrite    = code("output.write", Fatal, 3, "The output can't be written.", "check permissions and the disk; the same command continues")
	OutputRows     = code("output.rows", Fatal, 1, "There are more rows than the output format can hold.", "choose another output format, such as csv or parquet")
	StateDamaged   = code("state.damaged", Fatal, 3, "A state file is torn or was changed.", "start anew with --overwrite; the input is untouched")
	StateForeign   = code("state.foreign", Fatal, 3, "The state folder belongs to another run: other input, labels or options.", "use the same command again, name another --state, or start anew with --overwrite")
	StateLocked    = code("state.locked", Fatal, 3, "Another process uses this state folder.", "wait for it to end, or stop it")
	StateMissing   = code("state.missing", Fatal, 3, "An output was begun, but its state is gone.", "start anew with --overwrite")
	StateNewer     = code("state.newer", Fatal, 3, "The state was written by a newer version of winnow.", "continue with that version, or start anew with --overwrite")
	StorageFull    = code("storage.full", Transient, 3, "The disk is full.", "free some space; the same command continues")
	StorageIO      = code("storage.io", Fatal, 3, "The disk gave an error.", "check the disk; the same command continues from the last commit")
	ListenAddress  = code("listen.address", Fatal, 2, "An address can't be listened on.", "write 127.0.0.1:9180, or unix:PATH")
	ListenInUse    = code("listen.in_use", Fatal, 3, "Another process listens on the address.", "choose another port, or stop the other process")
	ListenOpen     = code("listen.open", Fatal, 2, "An address can be reached from other machines, and nothing asks for a key there.", "listen on 127.0.0.1, or allow it with --insecure where a firewall or proxy guards it")
	RunMissing     = code("run.not_running", Fatal, 3, "No running pipeline of yours has this name.", "winnow status lists what runs")
	ReloadRefused  = code("reload.refused", Fatal, 2, "A changed spec can't take the place of the running one.", "restart the pipeline for that")
	RunErrorRate   = code("run.error_rate", Fatal, 1, "Too many records were rejected: that is a wrong spec, not bad records.", "look at the rejected records, or raise max_error_rate")
	RunRejected    = code("run.all_rejected", Fatal, 1, "Every record was rejected.", "look at the rejected records; most likely the text column or the format is wrong")
	RunRow         = code("run.bad_record", Fatal, 1, "A record was rejected and on_error is stop.", "mend the record, or configure dead_letters")
	RunRejects     = code("run.rejects", Fatal, 4, "The run is done, and records were rejected, which --fail-on-rejects reports.", "look at the rejected records")
	RunInterrupted = code("run.interrupted", Fatal, 130, "The run was interrupted; what was committed stays.", "run the same command again to continue")
	RunUnbalanced  = code("run.unbalanced", Fatal, 1, "The counts of records read and accounted for differ: a bug in winnow.", "please report it; the output was not published")
	RunConnect     = code("run.unavailable", Transient, 3, "Something outside of winnow does not answer.", "see the message")
	Internal       = code("internal", Fatal, 1, "An error that winnow did not foresee.", "please report it with the message")
)
