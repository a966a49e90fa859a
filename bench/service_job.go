package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"time"
)

// pollEvery is how often a job is asked for: the time that it adds to a job of seconds is small.
const pollEvery = 20 * time.Millisecond

// madeJob is what a server says of a new job.
type madeJob struct {
	ID     string            `json:"job_id"`
	URL    string            `json:"upload_url"`
	Fields map[string]string `json:"upload_fields"`
}

// job has a server label a file of lines and writes what it answers to another one, and removes the job.
func (s *service) job(lines, results string, rows int) (measure, error) {
	var made madeJob
	m, err := s.during(func() error {
		if err := s.make(&made); err != nil {
			return err
		}
		f, err := os.Open(lines)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if err := s.send(&made, f, info.Size()); err != nil {
			return err
		}
		if err := s.ask(http.MethodPost, "/v1/batch/"+made.ID+"/start", nil, nil); err != nil {
			return err
		}
		for status := ""; status != "completed"; {
			var job struct{ Status, State string }
			if err := s.ask(http.MethodGet, "/v1/batch/"+made.ID, nil, &job); err != nil {
				return err
			}
			if status = job.Status; status == "failed" {
				return errors.New("the job is " + job.State)
			}
			if status != "completed" {
				time.Sleep(pollEvery)
			}
		}
		return s.download(made.ID, results)
	})
	if err != nil {
		return m, err
	}
	return m, errors.Join(hasLines(results, rows), s.ask(http.MethodDelete, "/v1/batch/"+made.ID, nil, nil))
}

// upload sends a file that is made of a block again and again, and removes it.
func (s *service) upload(block []byte, size int64) (measure, error) {
	var made madeJob
	if err := s.make(&made); err != nil {
		return measure{}, err
	}
	m, err := s.during(func() error { return s.send(&made, io.LimitReader(&cycle{block: block}, size), size) })
	return m, errors.Join(err, s.ask(http.MethodDelete, "/v1/batch/"+made.ID, nil, nil))
}

func (s *service) make(job *madeJob) error {
	return s.ask(http.MethodPost, "/v1/batch", []byte(`{"labels":`+serviceLabels+`}`), job)
}

// send uploads a job's input of so many bytes.
func (s *service) send(job *madeJob, file io.Reader, size int64) error {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for _, name := range slices.Sorted(maps.Keys(job.Fields)) {
		_ = form.WriteField(name, job.Fields[name]) // into memory
	}
	_, _ = form.CreateFormFile("file", "input.ndjson")
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	r, err := http.NewRequest(http.MethodPost, job.URL, io.MultiReader(&head, file, bytes.NewReader([]byte(tail))))
	if err != nil {
		return err
	}
	r.ContentLength = int64(head.Len()) + size + int64(len(tail))
	r.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return told(answer, nil)
}

// download writes a job's results to a file.
func (s *service) download(id, to string) error {
	var where struct {
		URL string `json:"download_url"`
	}
	if err := s.ask(http.MethodGet, "/v1/batch/"+id+"/results", nil, &where); err != nil {
		return err
	}
	r, err := http.NewRequest(http.MethodGet, where.URL, http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, answer.Body)
	return errors.Join(err, f.Close())
}

// ask sends JSON, if there is any, and reads the answer's into to, if it is wanted.
func (s *service) ask(method, path string, body []byte, to any) error {
	r, err := http.NewRequest(method, "http://"+s.address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return told(answer, to)
}

// told reads an answer to its end.
func told(answer *http.Response, to any) error {
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: %s", answer.Status, data)
	}
	if to == nil {
		return nil
	}
	return json.Unmarshal(data, to)
}

// hasLines holds a file to a number of lines.
func hasLines(path string, want int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	got := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		got++
	}
	if got != want {
		return fmt.Errorf("%s has %d lines, and not %d", path, got, want)
	}
	return nil
}

// block is a MiB of lines of JSON, or a little more.
func (b *bench) block() []byte {
	var block []byte
	for i := 0; len(block) < 1<<20; i++ {
		line, _ := json.Marshal(map[string]string{"text": b.corpus.Long(i)}) // a text can't fail
		block = append(append(block, line...), '\n')
	}
	return block
}

// cycle reads a block again and again.
type cycle struct {
	block []byte
	at    int
}

// Read never ends.
func (c *cycle) Read(p []byte) (int, error) {
	n := copy(p, c.block[c.at:])
	c.at = (c.at + n) % len(c.block)
	return n, nil
}
