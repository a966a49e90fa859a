# The shorter upload of the same page: three of the form's fields. $JOB is the answer to the creation of a job.
UPLOAD_URL=$(echo $JOB | jq -r '.upload_url')
INPUT_KEY=$(echo $JOB | jq -r '.input_key')
POLICY=$(echo $JOB | jq -r '.upload_fields.policy')
SIGNATURE=$(echo $JOB | jq -r '.upload_fields["x-amz-signature"]')

curl -X POST "$UPLOAD_URL" \
  -F "key=$INPUT_KEY" \
  -F "policy=$POLICY" \
  -F "x-amz-signature=$SIGNATURE" \
  -F "file=@input.ndjson"
