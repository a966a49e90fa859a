package api_test

import (
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/winnow-stream/winnow/connectors/blob"
)

// flipped are a text with a bit of one of its bytes changed, for each byte.
func flipped(text string) []string {
	var all []string
	for i := range len(text) {
		b := []byte(text)
		b[i] ^= 1 << (i % 8)
		all = append(all, string(b))
	}
	return all
}

// pairsOf are a form's fields in an order of their names.
func pairsOf(fields map[string]string) [][2]string {
	var all [][2]string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		all = append(all, [2]string{name, fields[name]})
	}
	return all
}

// TestForgedUploads changes every byte of an upload's address, and of each field of its form: nothing of it is taken. Nor is
// the field of another job's form, or a form that comes to another job's address.
func TestForgedUploads(t *testing.T) {
	server, dir := newJobs(t, false)
	folder, err := blob.NewFolder(filepath.Join(dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	m, other := makeJob(t, server, nil, labelled), makeJob(t, server, nil, labelled)
	forged := func(what, address string, fields [][2]string) {
		t.Helper()
		if r := upload(t, server, address, fields, []byte(input)); r.StatusCode != http.StatusForbidden || r.Header.Get("X-Winnow-Code") != "upload.signature" {
			t.Errorf("%s: status %d %s", what, r.StatusCode, r.body)
		}
	}
	path := strings.TrimPrefix(m.UploadURL, server.URL)
	secret := strings.TrimPrefix(path, "/_blob/u/")
	for _, s := range flipped(secret) {
		forged("the address "+s, "/_blob/u/"+url.PathEscape(s), pairsOf(m.UploadFields))
	}
	for name, value := range m.UploadFields {
		for _, v := range flipped(value) {
			fields := maps.Clone(m.UploadFields)
			fields[name] = v
			forged(name+" "+v, path, pairsOf(fields))
		}
		fields := maps.Clone(m.UploadFields)
		if fields[name] = other.UploadFields[name]; fields[name] != value {
			forged("another job's "+name, path, pairsOf(fields))
		}
	}
	forged("another job's form", path, pairsOf(other.UploadFields))
	forged("the form at another job's address", strings.TrimPrefix(other.UploadURL, server.URL), pairsOf(m.UploadFields))
	if blobs := kept(t, folder); len(blobs) > 0 {
		t.Errorf("something was taken: %v", blobs)
	}
	// A replay counts until the start, as a better file would, and not afterwards.
	for range 2 {
		if r := upload(t, server, path, pairsOf(m.UploadFields), []byte(input)); r.StatusCode != http.StatusNoContent {
			t.Errorf("the form itself: status %d %s", r.StatusCode, r.body)
		}
	}
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
	before := kept(t, folder)
	if r := upload(t, server, path, pairsOf(m.UploadFields), []byte("{}\n")); r.StatusCode != http.StatusConflict || r.Header.Get("X-Winnow-Code") != "job.started" {
		t.Errorf("a replay after the start: status %d %s", r.StatusCode, r.body)
	}
	if after := kept(t, folder); !slices.Equal(before, after) {
		t.Errorf("a replay has left %v, and there was %v", after, before)
	}
}

// TestForgedDownloads changes every byte of a download's address, and takes those of uploads and downloads for each other.
func TestForgedDownloads(t *testing.T) {
	server, _ := newJobs(t, true)
	m := makeJob(t, server, nil, labelled)
	upload(t, server, m.UploadURL, [][2]string{{"key", m.InputKey}}, []byte(input))
	send(t, server, http.MethodPost, "/v1/batch/"+m.JobID+"/start", nil, "")
	finished(t, server, m.JobID)
	secret := strings.TrimPrefix(downloadAt(t, server, "/v1/batch/"+m.JobID+"/results"), "/_blob/d/")
	for _, s := range append(flipped(secret), strings.TrimPrefix(m.UploadURL, server.URL+"/_blob/u/")) {
		if r := send(t, server, http.MethodGet, "/_blob/d/"+url.PathEscape(s), nil, ""); r.StatusCode != http.StatusForbidden || problemOf(t, r).Code != "DOWNLOAD_SIGNATURE" {
			t.Errorf("the address %s: status %d %s", s, r.StatusCode, r.body)
		}
	}
	if r := upload(t, server, "/_blob/u/"+secret, [][2]string{{"key", m.InputKey}}, []byte(input)); r.StatusCode != http.StatusForbidden {
		t.Errorf("an upload to a download's address: status %d %s", r.StatusCode, r.body)
	}
	// Until it expires, an address holds for whoever has it, as often as they ask: a download is taken up where it broke off.
	for range 2 {
		if r := send(t, server, http.MethodGet, "/_blob/d/"+secret, nil, ""); r.StatusCode != http.StatusOK {
			t.Errorf("the address itself: status %d %s", r.StatusCode, r.body)
		}
	}
}
