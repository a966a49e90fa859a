package api

import (
	"net/http"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

// statuses are those of codes for which the rule of statusOf does not hold.
var statuses = map[*fault.Code]int{
	fault.AuthInvalid:        http.StatusUnauthorized,
	fault.AuthInQuery:        http.StatusUnauthorized,
	fault.AuthMissing:        http.StatusUnauthorized,
	fault.AuthScheme:         http.StatusUnauthorized,
	fault.AuthScope:          http.StatusForbidden,
	fault.AccountBusy:        http.StatusConflict,
	fault.JobCompleted:       http.StatusConflict,
	fault.JobEnded:           http.StatusConflict,
	fault.JobFailed:          http.StatusConflict,
	fault.JobProcessing:      http.StatusConflict,
	fault.JobMany:            http.StatusConflict,
	fault.JobStarted:         http.StatusConflict,
	fault.JobUnknown:         http.StatusNotFound,
	fault.FileMany:           http.StatusConflict,
	fault.FileUnknown:        http.StatusNotFound,
	fault.ResultsNotReady:    http.StatusConflict,
	fault.DownloadSignature:  http.StatusForbidden,
	fault.UploadTooLarge:     http.StatusRequestEntityTooLarge,
	fault.UploadExpired:      http.StatusForbidden,
	fault.UploadSignature:    http.StatusForbidden,
	fault.IdemMismatch:       http.StatusUnprocessableEntity,
	fault.IdemProgress:       http.StatusConflict,
	fault.InputColumns:       http.StatusBadRequest,
	fault.InputCorrupt:       http.StatusBadRequest,
	fault.InputEmpty:         http.StatusBadRequest,
	fault.InputEncoding:      http.StatusBadRequest,
	fault.InputFormat:        http.StatusBadRequest,
	fault.InputLineEnds:      http.StatusBadRequest,
	fault.InputSeparator:     http.StatusBadRequest,
	fault.InputTooLarge:      http.StatusRequestEntityTooLarge,
	fault.InputUnclosedQuote: http.StatusBadRequest,
	fault.StorageFull:        http.StatusInsufficientStorage,
	fault.BlobMissing:        http.StatusGone,
	fault.BodyEncoding:       http.StatusUnsupportedMediaType,
	fault.BodyInflated:       http.StatusRequestEntityTooLarge,
	fault.BodyTooLarge:       http.StatusRequestEntityTooLarge,
	fault.BodyType:           http.StatusUnsupportedMediaType,
	fault.ClassifierBuiltin:  http.StatusForbidden,
	fault.ClassifierStale:    http.StatusPreconditionFailed,
	fault.ClassifierInUse:    http.StatusConflict,
	fault.ClassifierMany:     http.StatusConflict,
	fault.ClassifierUnknown:  http.StatusNotFound,
	fault.ClassifierVersion:  http.StatusNotFound,
	fault.ClassifyTimeout:    http.StatusGatewayTimeout,
	fault.ConditionFailed:    http.StatusPreconditionFailed,
	fault.DocumentType:       http.StatusUnsupportedMediaType,
	fault.ImagePixels:        http.StatusRequestEntityTooLarge,
	fault.ImageType:          http.StatusUnsupportedMediaType,
	fault.InputUnsupported:   http.StatusUnprocessableEntity,
	fault.OriginForbidden:    http.StatusForbidden,
	fault.OriginHost:         http.StatusMisdirectedRequest,
	fault.PluginConfig:       http.StatusServiceUnavailable, // a saved classifier's: no client's to mend
	fault.PluginKind:         http.StatusServiceUnavailable,
	fault.PluginMissing:      http.StatusServiceUnavailable,
	fault.RangeUnknown:       http.StatusRequestedRangeNotSatisfiable,
	fault.RateExceeded:       http.StatusTooManyRequests,
	fault.RouteMethod:        http.StatusMethodNotAllowed,
	fault.RouteUnknown:       http.StatusNotFound,
	fault.TextTooLong:        http.StatusRequestEntityTooLarge,
	fault.IdemSecret:         http.StatusConflict,
	fault.UploadUnsigned:     http.StatusForbidden,
	fault.KeyMany:            http.StatusConflict,
	fault.KeyUnknown:         http.StatusNotFound,
	fault.WebhookUnknown:     http.StatusNotFound,
	fault.WebhookMany:        http.StatusConflict,
}

// statusOf is the HTTP status of a code: its own, else 503 for what may pass or lies in the server's surroundings, 400
// for what a client can mend, 500 for the rest.
func statusOf(c *fault.Code) int {
	if status, ok := statuses[c]; ok {
		return status
	}
	switch {
	case c.Fate == fault.Transient, c.Exit == 3:
		return http.StatusServiceUnavailable
	case c.Fate == fault.Row, c.Exit == 2:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

// remedies are those of codes whose own speak of flags and files.
var remedies = map[*fault.Code]string{
	fault.LabelsRequired:     `send "labels", or the name of a saved classifier as "classifier"`,
	fault.LabelsExclusive:    `send one of "labels" and "classifier"`,
	fault.LabelsType:         `send "labels" as a list of texts, "descriptions" as an object from label to text, "examples" as one from label to a list of texts`,
	fault.ThresholdMode:      `leave the threshold out, or ask /v1/tag`,
	fault.ClassifierUnknown:  "check the name; GET /v1/classifiers lists those that there are",
	fault.ClassifierVersion:  "GET /v1/classifiers/NAME/versions lists those that there are",
	fault.LabelsUnknown:      "use labels of the classifier, or leave them out",
	fault.ClassifierOption:   "use a classifier that was saved in the mode that this route answers in",
	fault.InputEmpty:         "upload a file with one JSON object on each line",
	fault.InputEncoding:      "convert the file to UTF-8 and upload it again",
	fault.InputFormat:        `upload a file with one JSON object on each line: {"text": "…"}`,
	fault.StorageFull:        "tell the server's operator that its disk is full",
	fault.PluginChecksum:     `tell the server's operator, or ask another classifier`,
	fault.PluginConfig:       `tell the server's operator, or ask another classifier`,
	fault.PluginCrashed:      `tell the server's operator, or ask another classifier`,
	fault.PluginKind:         `tell the server's operator, or ask another classifier`,
	fault.PluginMissing:      `tell the server's operator, or ask another classifier`,
	fault.ExplainUnsupported: "leave explain out, or ask another classifier",
	fault.KeyMany:            "DELETE keys that nobody needs any more; GET /v1/keys lists them",
	fault.KeyUnknown:         "GET /v1/keys lists those that there are",
	fault.JobFailed:          "mend the cause and start the job again; /results?partial=true has what was done before",
	fault.Internal:           "tell the server's operator the request_id",
}

func remedy(e *fault.Error) string {
	if r, ok := remedies[e.Code]; ok {
		return r
	}
	return e.Remedy()
}
