package api

import (
	"github.com/winnow-stream/winnow/cmd/winnow/internal/notify"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/table"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// tableSchema is the form of a new job, for the OpenAPI document. A field that is empty counts as left out.
var tableSchema = jsonObject{
	"type": "object", "additionalProperties": false, "required": jsonList{"model", "file"},
	"properties": orEmpty(jsonObject{
		"model":     jsonObject{"type": "string", "minLength": 1, "description": "A saved classifier, one that is built in, a saved model that finds entities, or entities for those that have a form."},
		"file":      jsonObject{"type": "string", "contentMediaType": "application/octet-stream", "minLength": 1, "description": "CSV, a workbook (.xlsx), JSON lines or Parquet: its content decides, and neither its name nor its type."},
		"threshold": jsonObject{"type": "number", "minimum": 0, "maximum": 1, "description": "The confidence from which a label counts. Default: 0.5; of entities their model's own."},
		"top_k":     jsonObject{"type": "integer", "format": "int64", "minimum": 1, "default": defaultTableTopK, "description": "How many labels a row has at most, of those that reach the threshold. More than the model has are all of them."},
		"columns_to_classify": jsonObject{
			"type": jsonList{"array", "string"}, "items": jsonObject{"type": "string"},
			"description": "The columns with the texts: numbers from 0, or names; repeated, or as 3,4 or [3, 4]. Several are joined. Default: the column text, or the only one of text.",
		},
		"columns_mode":  jsonObject{"type": "string", "enum": jsonList{"joined", "separate"}, "default": "joined", "description": "What becomes of several columns: joined makes one text of them, separate answers each by itself, in result columns that begin with its name."},
		"output_format": jsonObject{"type": "string", "enum": jsonList{table.CSV, table.XLSX, table.JSONL, table.Parquet}, "description": "Default: that of the file."},
		"notify_email":  jsonObject{"type": "string", "format": "email", "description": "Who is told of the job's end. Default: the account's address, or else whom the settings name. Also called email."},
		"webhook_url":   jsonObject{"type": "string", "pattern": notify.PublicURL, "maxLength": notify.MaxURL, "description": "Where the job's end is posted to, signed by webhook_secret of the answer. No address of a private network."},
		"header":        jsonObject{"type": "string", "enum": jsonList{"auto", "true", "false"}, "default": "auto", "description": "Whether the first row of CSV or a sheet names the columns."},
		"delimiter":     jsonObject{"type": "string", "description": "What separates the fields of CSV: one character, or tab. Default: found out."},
		"encoding":      jsonObject{"type": "string", "description": "That of text, such as windows-1252. Default: found out."},
		"sheet":         jsonObject{"type": "string", "description": "The sheet of a workbook. Default: the first visible one."},
		"formulas":      jsonObject{"type": "string", "enum": jsonList{"neutralize", "raw"}, "default": "neutralize", "description": "What becomes of text in CSV that a spreadsheet program would run: an apostrophe before it, or nothing."},
	}, "threshold", "top_k", "output_format", "notify_email", "webhook_url", "columns_mode", "header", "formulas"),
}

// orEmpty lets some fields of a form be empty as well.
func orEmpty(fields jsonObject, names ...string) jsonObject {
	for _, name := range names {
		field := fields[name].(jsonObject)
		wide := jsonObject{"anyOf": jsonList{field, jsonObject{"const": ""}}}
		for _, said := range []string{"description", "default"} {
			if value, ok := field[said]; ok {
				wide[said] = value
				delete(field, said)
			}
		}
		fields[name] = wide
	}
	return fields
}

// tableFixes are remedies in the words of that form.
var tableFixes = map[*fault.Code]string{
	fault.ColumnsRequired:     "name the columns with the texts in columns_to_classify: by their numbers from 0, or by their names",
	fault.ColumnsType:         "name a column of text in columns_to_classify",
	fault.InputEmpty:          "upload a file with a row of data",
	fault.InputEncoding:       "convert the file to UTF-8, or name its encoding in the field encoding",
	fault.InputFormat:         "upload CSV, a workbook (.xlsx), JSON lines or Parquet",
	fault.InputSeparator:      "name the separator in the field delimiter",
	fault.JobFailed:           "make the job anew; with ?partial=true there are the rows that were done before",
	fault.RecordFieldConflict: "rename one of the two columns",
	fault.UploadPart:          "send multipart/form-data with the fields and one file, called file",
	fault.TopKRange:           "ask for one label or more",
}
