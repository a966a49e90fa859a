# The full example of Classer's page about batch jobs, as it stands there but for the host.
cat > input.ndjson <<'EOF'
{"text": "I need help with billing"}
{"text": "The app keeps crashing"}
{"text": "How do I upgrade my plan?"}
EOF

# 1. Create job
JOB=$(curl -s -X POST HOST/v1/batch \
  -H "Authorization: Bearer $CLASSER_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "labels": ["billing", "technical", "sales"],
    "mode": "single"
  }')

JOB_ID=$(echo $JOB | jq -r '.job_id')
UPLOAD_URL=$(echo $JOB | jq -r '.upload_url')

# 2. Upload NDJSON file (use upload_fields from response)
curl -X POST "$UPLOAD_URL" \
  -F "key=$(echo $JOB | jq -r '.upload_fields.key')" \
  -F "file=@input.ndjson"

# 3. Start processing
curl -X POST "HOST/v1/batch/$JOB_ID/start" \
  -H "Authorization: Bearer $CLASSER_API_KEY"

# 4. Poll until completed
while true; do
  STATUS=$(curl -s "HOST/v1/batch/$JOB_ID" \
    -H "Authorization: Bearer $CLASSER_API_KEY" | jq -r '.status')
  echo "Status: $STATUS"
  [ "$STATUS" = "completed" ] && break
  [ "$STATUS" = "failed" ] && exit 1
  sleep 5
done

# 5. Download results
DOWNLOAD_URL=$(curl -s "HOST/v1/batch/$JOB_ID/results" \
  -H "Authorization: Bearer $CLASSER_API_KEY" | jq -r '.download_url')
curl -o results.ndjson "$DOWNLOAD_URL"
