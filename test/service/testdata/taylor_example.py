import requests
api_key = 'xx-your-api-key-here'
file_path = 'path-to-file.csv'
url = "https://api.trytaylor.ai/api/batch_jobs/create"
 
# Prepare the form data
form_data = {
    "model": "naics",
    "threshold": 0.2,
    "top_k": 5,
    "columns_to_classify": [3],  # zero-indexed column index
    "output_format": "csv",
}
 
# Prepare the file to be uploaded
files = {"file": (file_path, open(file_path, "rb"), "text/csv")}
 
# Send the POST request
response = requests.post(
    url,
    headers={"Authorization": f"Bearer {api_key}"},
    data=form_data,
    files=files
)
 
# Check the response
if response.status_code == 200:
    print("Job started successfully:", response.json())
else:
    print("Error:", response.status_code, response.text)
