package classify

// LabelSetSchema is the JSON Schema of the three forms of a label set, for those who generate a schema around it. It is
// text so that this package needs no schema library.
const LabelSetSchema = `{
  "description": "Labels: a list of names, a map from name to description, or a list of {name, description, examples}.",
  "oneOf": [
    {
      "type": "array", "minItems": 1, "maxItems": 200,
      "items": {"type": "string", "minLength": 1, "maxLength": 100}
    },
    {
      "type": "object", "minProperties": 1, "maxProperties": 200,
      "propertyNames": {"minLength": 1, "maxLength": 100},
      "additionalProperties": {
        "oneOf": [
          {"type": ["string", "null"]},
          {
            "type": "object", "additionalProperties": false,
            "properties": {
              "description": {"type": "string"},
              "examples": {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1}}
            }
          }
        ]
      }
    },
    {
      "type": "array", "minItems": 1, "maxItems": 200,
      "items": {
        "type": "object", "additionalProperties": false, "required": ["name"],
        "properties": {
          "name": {"type": "string", "minLength": 1, "maxLength": 100},
          "description": {"type": "string"},
          "examples": {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1}}
        }
      }
    }
  ]
}`
