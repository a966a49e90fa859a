package api

import (
	"net/http"

	"github.com/winnow-stream/winnow/classify/catalog"
)

// routes is the table of everything that the server answers. What may go wrong on every route, or on all that need a key,
// is not repeated here.
func (s *Server) routes() []route {
	all := []route{
		{
			method: http.MethodPost, path: "/v1/classify", scope: ScopeRead, handle: (*call).classifyOne,
			summary: "Give a text one label", request: classifyBody, answer: classified{}, status: http.StatusOK,
			problems: []int{404, 413, 415, 422, 504},
		},
		{
			method: http.MethodPost, path: "/v1/classify/batch", scope: ScopeRead, handle: (*call).classifyAll,
			summary: "Give each of many texts one label", request: classifyMany, answer: classifiedMany{}, status: http.StatusOK,
			problems: []int{404, 413, 415, 422, 504},
		},
		{
			method: http.MethodPost, path: "/v1/tag", scope: ScopeRead, handle: (*call).tagOne,
			summary: "Give a text every label above a threshold", request: tagBody, answer: tagged{}, status: http.StatusOK,
			problems: []int{404, 413, 415, 422, 504},
		},
		{
			method: http.MethodPost, path: "/v1/tag/batch", scope: ScopeRead, handle: (*call).tagAll,
			summary: "Give each of many texts every label above a threshold", request: tagMany, answer: taggedMany{}, status: http.StatusOK,
			problems: []int{404, 413, 415, 422, 504},
		},
		{method: http.MethodGet, path: "/{$}", handle: (*call).index, summary: "What there is", status: http.StatusOK},
		{method: http.MethodGet, path: "/docs/errors", handle: (*call).errors, summary: "Every error, and what to do", media: []string{"text/markdown"}, status: http.StatusOK},
		{method: http.MethodGet, path: "/openapi.json", handle: (*call).openAPI, summary: "This document", answer: map[string]any{}, status: http.StatusOK},
		{method: http.MethodGet, path: "/healthz", handle: (*call).healthy, summary: "Whether the server lives", status: http.StatusOK},
		{method: http.MethodGet, path: "/readyz", handle: (*call).ready, summary: "Whether the server takes work", answer: readiness{}, status: http.StatusOK},
		{method: http.MethodGet, path: "/metrics", scope: ScopeRead, extras: true, handle: (*call).showMetrics, summary: "Metrics for Prometheus", status: http.StatusOK},
	}
	if s.cfg.Usage != nil {
		all = append(all, route{
			method: http.MethodGet, path: "/v1/usage", scope: ScopeRead, handle: (*call).showUsage,
			summary: "See what the account has used", with: []parameter{usageFrom, usageTo, usageBy}, answer: usageReport{}, status: http.StatusOK,
		})
	}
	if s.cfg.Keyring != nil {
		all = append(all, keyRoutes()...)
	}
	if s.cfg.Catalogs != nil {
		all = append(all, classifierRoutes()...)
	}
	if s.cfg.Jobs != nil {
		all = append(all, jobRoutes()...)
		all = append(all, tableRoutes()...)
	}
	if s.cfg.Webhooks != nil {
		all = append(all, webhookRoutes()...)
	}
	if s.cfg.Jobs != nil && s.cfg.Files != nil {
		all = append(all, openAIRoutes()...)
	}
	return all
}

// classifierRoutes are those of saved classifiers.
func classifierRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: "/v1/classifiers", scope: ScopeWrite, handle: (*call).saveClassifier,
			summary: "Save a label set under a name: its next version, or 200 with the one that holds the same", request: classifierBody,
			answer: shownClassifier{}, status: http.StatusCreated, also: []int{http.StatusOK}, problems: []int{409, 412, 413, 415, 422},
			with: []parameter{idempotency, ifMatch},
		},
		{
			method: http.MethodGet, path: "/v1/classifiers", scope: ScopeRead, handle: (*call).listClassifiers,
			summary: "List the account's classifiers, then the server's", answer: []listedClassifier{}, status: http.StatusOK,
		},
		{
			method: http.MethodGet, path: "/v1/classifiers/{reference}", scope: ScopeRead, handle: (*call).showClassifier,
			summary: "See a version: NAME is the newest, NAME@v2 that one", answer: shownClassifier{}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodDelete, path: "/v1/classifiers/{reference}", scope: ScopeWrite, handle: (*call).deleteClassifier,
			summary: "Delete a version, or all of a name's", answer: deletedClassifier{}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodGet, path: "/v1/classifiers/{reference}/versions", scope: ScopeRead, handle: (*call).listVersions,
			summary: "List a name's versions, newest first", answer: []shownClassifier{}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodGet, path: "/v1/classifiers/{reference}/diff", scope: ScopeRead, handle: (*call).diffClassifier,
			summary: "See what changed between two versions", with: []parameter{diffFrom, diffTo}, answer: catalog.Difference{}, status: http.StatusOK, problems: []int{404},
		},
	}
}

// ranged are the statuses of a file that can be had in ranges, beside that of the whole.
var ranged = []int{http.StatusPartialContent, http.StatusNotModified}

// jobRoutes are those of jobs.
func jobRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: "/v1/batch", scope: ScopeWrite, handle: (*call).createJob,
			summary: "Make a job", request: jobBody, answer: createdJob{}, status: http.StatusCreated, problems: []int{404, 409, 413, 415, 422},
			with: []parameter{idempotency},
		},
		{
			method: http.MethodGet, path: "/v1/batch", scope: ScopeRead, handle: (*call).listJobs,
			summary: "List jobs, newest first; the header Link names the next page", with: []parameter{jobsLimit, jobsAfter, jobsStatus}, answer: []jobStatus{}, status: http.StatusOK,
		},
		{
			method: http.MethodGet, path: "/v1/batch/{id}", scope: ScopeRead, handle: (*call).showJob,
			summary: "See where a job stands", answer: jobStatus{}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodDelete, path: "/v1/batch/{id}", scope: ScopeWrite, handle: (*call).deleteJob,
			summary: "Delete a job and its files", answer: deletedJob{}, status: http.StatusOK, problems: []int{404, 409},
		},
		{
			method: http.MethodPost, path: "/v1/batch/{id}/upload", scope: ScopeWrite, handle: (*call).reissueUpload,
			summary: "Get another address for a job's input", answer: createdJob{}, status: http.StatusCreated, problems: []int{404, 409},
		},
		{
			method: http.MethodPost, path: "/v1/batch/{id}/start", scope: ScopeWrite, handle: (*call).startJob,
			summary: "Start a job whose input is there, or let it go on", with: []parameter{queued, restarted}, answer: startedJob{}, status: http.StatusAccepted, problems: []int{404, 409},
		},
		{
			method: http.MethodPost, path: "/v1/batch/{id}/cancel", scope: ScopeWrite, handle: (*call).cancelJob,
			summary: "Stop a job", answer: jobStatus{}, status: http.StatusAccepted, problems: []int{404, 409},
		},
		{
			method: http.MethodGet, path: "/v1/batch/{id}/events", scope: ScopeRead, handle: (*call).jobEvents,
			summary: "See what has happened to a job, from its creation on; as text/event-stream also what happens next, and progress", with: []parameter{eventsAfter, eventsLast},
			answer: []jobEvent{}, media: []string{"text/event-stream"}, status: http.StatusOK, problems: []int{404},
		},
		{
			method: http.MethodGet, path: "/v1/batch/{id}/results", scope: ScopeRead, handle: (*call).showResults,
			summary: "Find a job's results", with: []parameter{partial}, answer: jobResults{}, status: http.StatusOK, problems: []int{404, 409, 410, 507},
		},
		{
			method: http.MethodPost, path: uploadPath + "{ticket}", handle: (*call).upload,
			summary: "Upload a job's input: the fields that came with the address, then the file; errors are XML, as S3's", s3: true,
			form:   formOf(jsonObject{"key": jsonObject{"type": "string", "description": "As it was issued, like every other field that is sent."}}, "file", "One JSON object with text on each line."),
			status: http.StatusNoContent, problems: []int{409, 413, 507},
		},
		{
			method: http.MethodGet, path: downloadPath + "{ticket}", handle: (*call).download, summary: "Download a job's results, also in ranges",
			media: resultMedia(), status: http.StatusOK, also: ranged, problems: []int{410, 412, 416},
		},
	}
}

// tableRoutes are those that Taylor's clients know.
func tableRoutes() []route {
	all := []route{
		{
			method: http.MethodPost, path: tablesPath + "/create", scope: ScopeWrite, handle: (*call).createTable,
			summary: "Label the rows of a file", form: tableSchema, answer: tableJob{}, problems: []int{409, 413, 415, 422},
		},
		{
			method: http.MethodGet, path: tablesPath, scope: ScopeRead, handle: (*call).listTables,
			summary: "List jobs over files, newest first; the header Link names the next page", with: []parameter{jobsLimit, jobsAfter}, answer: []tableJob{},
		},
		{
			method: http.MethodGet, path: tablesPath + "/{id}", scope: ScopeRead, handle: (*call).showTable,
			summary: "See where a job stands", answer: tableJob{}, problems: []int{404},
		},
		{
			method: http.MethodGet, path: tablesPath + "/{id}/preview", scope: ScopeRead, handle: (*call).previewTable,
			summary: "See the first rows of a job's results", with: []parameter{previewLimit, partial}, answer: tablePreview{}, problems: []int{404, 409, 410},
		},
		{
			method: http.MethodGet, path: tablesPath + "/{id}/download", scope: ScopeRead, handle: (*call).downloadTable,
			summary: "Download a job's results, also in ranges", with: []parameter{partial}, media: resultMedia(), also: append(ranged, http.StatusFound), problems: []int{404, 409, 410, 412, 416},
		},
	}
	for i := range all {
		all[i].extras, all[i].status, all[i].fixes = true, http.StatusOK, tableFixes
	}
	return all
}

// openAIRoutes are those that OpenAI's clients know.
func openAIRoutes() []route {
	all := []route{
		{
			method: http.MethodPost, path: "/v1/files", scope: ScopeWrite, handle: (*call).createFile,
			summary: "Upload a file of requests", form: formOf(jsonObject{"purpose": purposeSchema}, "file", "One request on each line."), with: []parameter{idempotency}, answer: fileObject{},
			problems: []int{409, 413, 422},
		},
		{
			method: http.MethodGet, path: "/v1/files", scope: ScopeRead, handle: (*call).listFiles,
			summary: "List files", with: []parameter{filesPurpose, filesLimit, filesAfter, filesOrder}, answer: listOf[fileObject]{},
		},
		{
			method: http.MethodGet, path: "/v1/files/{id}", scope: ScopeRead, handle: (*call).showFile,
			summary: "See what is known of a file", answer: fileObject{}, problems: []int{404},
		},
		{
			method: http.MethodDelete, path: "/v1/files/{id}", scope: ScopeWrite, handle: (*call).deleteFile,
			summary: "Delete a file", answer: deletedFile{}, problems: []int{404},
		},
		{
			method: http.MethodGet, path: "/v1/files/{id}/content", scope: ScopeRead, handle: (*call).fileContent,
			summary: "Download a file, also in ranges", media: []string{"application/x-ndjson"}, also: ranged, problems: []int{404, 410, 412, 416},
		},
		{
			method: http.MethodPost, path: "/v1/uploads", scope: ScopeWrite, handle: (*call).beginUpload,
			summary: "Begin a file that comes in parts", lenient: uploadSchema, with: []parameter{idempotency}, answer: uploadObject{},
			problems: []int{409, 413, 415, 422},
		},
		{
			method: http.MethodPost, path: "/v1/uploads/{id}/parts", scope: ScopeWrite, handle: (*call).addPart,
			summary: "Upload a part", form: formOf(jsonObject{}, "data", "Up to 64 MiB of the file."), answer: partObject{}, problems: []int{404, 409, 413},
		},
		{
			method: http.MethodPost, path: "/v1/uploads/{id}/complete", scope: ScopeWrite, handle: (*call).completeUpload,
			summary: "Make a file of the parts", lenient: partsSchema, answer: uploadObject{}, problems: []int{404, 409, 413, 415},
		},
		{
			method: http.MethodPost, path: "/v1/uploads/{id}/cancel", scope: ScopeWrite, handle: (*call).cancelUpload,
			summary: "Drop the parts", answer: uploadObject{}, problems: []int{404},
		},
		{
			method: http.MethodPost, path: "/v1/batches", scope: ScopeWrite, handle: (*call).createBatch,
			summary: "Answer a file of requests", lenient: batchSchema, answer: batchObject{}, problems: []int{404, 409, 413, 415, 422},
			with: []parameter{idempotency},
		},
		{
			method: http.MethodGet, path: "/v1/batches", scope: ScopeRead, handle: (*call).listBatches,
			summary: "List batches, newest first", with: []parameter{jobsLimit, batchesAfter}, answer: listOf[batchObject]{},
		},
		{
			method: http.MethodGet, path: "/v1/batches/{id}", scope: ScopeRead, handle: (*call).showBatch,
			summary: "See where a batch stands", answer: batchObject{}, problems: []int{404},
		},
		{
			method: http.MethodPost, path: "/v1/batches/{id}/cancel", scope: ScopeWrite, handle: (*call).cancelBatch,
			summary: "Stop a batch; what was answered can be downloaded", answer: batchObject{}, problems: []int{404, 409},
		},
	}
	for i := range all {
		all[i].openAI, all[i].status, all[i].fixes = true, http.StatusOK, openAIFixes
	}
	return all
}
