package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/winnow-stream/winnow/pipeline/unit"
)

var serviceSection = &section{
	name: "service", title: "Service", apart: true, plain: true, measure: measureService,
	text: "`winnow serve` as it comes, its log going to a file, and whoever asks it, on the same machine and CPUs; CPU and memory are the\n" +
		"server's alone. Each request is a short text with 4 labels. At full load 16 connections send the next request as soon as they\n" +
		"have an answer; at a rate requests are due at fixed times, whatever becomes of those before, and a latency counts from when its\n" +
		"request was due. A job is made, uploaded, started, asked for every 20 ms until it is completed, and downloaded; beside it\n" +
		"`winnow classify` reads and writes the same lines. The plain copy writes as many bytes to a file of the same disk, and syncs it.\n" +
		"The uploads' memory is the most that the server held from before the first byte to the answer.",
}

// What the service is held to.
const (
	wantedRate     = 6000 // requests a second, at full load
	steadyRate     = wantedRate / 2
	wantedLatency  = 20  // ms: of 99 in 100, at the steady rate
	wantedJob      = 1.3 // times what `winnow classify` takes
	wantedUpload   = 300 // MB a second, or
	wantedOfDisk   = 0.9 // of the disk's rate
	wantedHeld     = 64  // MiB above the idle server
	wantedIdle     = 60  // MiB
	batchTexts     = 100 // of a batch request
	serviceLabels  = `["billing","technical_support","sales","other"]`
	serviceClasses = "billing,technical_support,sales,other"
)

// measureService measures requests, then what goes through the disk.
func measureService(b *bench) ([]*contest, error) {
	requests, err := measureRequests(b)
	if err != nil {
		return nil, err
	}
	s, err := b.serve()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	time.Sleep(b.load) // memory that the start took goes back
	idle := s.resident()
	fmt.Printf("  %-52s %34.0f MiB\n", "idle server", idle)
	upload, err := measureUpload(b, s, idle)
	if err != nil {
		return nil, err
	}
	job, err := measureJob(b, s)
	if err != nil {
		return nil, err
	}
	return []*contest{requests, job, upload, {Title: "Idle", Goals: []goal{
		{Text: "idle server, resident", Value: idle, Limit: wantedIdle, Below: true, Unit: "MiB"},
	}}}, nil
}

// measureRequests puts loads on a server without a cache, and on one with.
func measureRequests(b *bench) (*contest, error) {
	one, many := b.requests("/v1/classify", 1), b.requests("/v1/classify/batch", batchTexts)
	full := &load{Name: "/v1/classify, cache off", Texts: 1, requests: one}
	steady := &load{Name: fmt.Sprintf("/v1/classify, cache off, %d/s", steadyRate), Texts: 1, Rate: steadyRate, requests: one}
	batch := &load{Name: fmt.Sprintf("/v1/classify/batch, cache off, %d texts a request", batchTexts), Texts: batchTexts, requests: many}
	again := &load{Name: "/v1/classify, cache on, texts that came before", Texts: 1, requests: one}
	for _, of := range []struct {
		settings []string
		loads    []*load
	}{{[]string{"--set", "cache.size=0"}, []*load{full, steady, batch}}, {nil, []*load{again}}} {
		s, err := b.serve(of.settings...)
		if err != nil {
			return nil, err
		}
		err = b.put(s, of.loads...)
		s.stop()
		if err != nil {
			return nil, err
		}
	}
	return &contest{Title: "Requests", Loads: []*load{full, steady, batch, again}, Goals: []goal{
		{Text: "/v1/classify, cache off, requests/s", Value: full.rate().median, Limit: wantedRate, Unit: "/s"},
		{Text: fmt.Sprintf("/v1/classify, cache off, p99 at %d/s", steadyRate), Value: steady.most().median, Limit: wantedLatency, Below: true, Unit: "ms"},
	}}, nil
}

// measureJob holds a job to what `winnow classify` takes for the same lines.
func measureJob(b *bench, s *service) (*contest, error) {
	lines, err := b.jsonl(b.rows)
	if err != nil {
		return nil, err
	}
	command := &series{Name: "winnow classify", Records: b.rows, args: []string{
		b.winnow, "classify", lines, "--text", "text", "--labels", serviceClasses, "-o", b.result("service.jsonl"), "--overwrite", "--quiet",
	}}
	job := &series{Name: "a job, from its making to the last line", Records: b.rows, run: func() (measure, error) { return s.job(lines, b.result("job.ndjson"), b.rows) }}
	if err := b.alternate(b.runs, job, command); err != nil {
		return nil, err
	}
	return &contest{Title: "Lines of a file", Series: []*series{job, command}, Goals: []goal{
		{Text: "a job beside winnow classify, wall time", Value: job.wall().median / command.wall().median, Limit: wantedJob, Below: true, Unit: "×"},
	}}, nil
}

// measureUpload holds an upload to the disk's rate and the server to little memory meanwhile.
func measureUpload(b *bench, s *service, idle float64) (*contest, error) {
	const mega = 1_000_000
	megabytes := int(max(b.upload/mega, 1))
	size := int64(megabytes) * mega
	block := b.block()
	upload := &series{Name: "upload", Records: megabytes, run: func() (measure, error) { return s.upload(block, size) }}
	disk := &series{Name: "plain copy", Records: megabytes, args: []string{b.self, "work", "copy", b.result("copy"), strconv.FormatInt(size, 10)}}
	if err := b.alternate(min(b.runs, 3), upload, disk); err != nil {
		return nil, err
	}
	rate := func(s *series) float64 { return float64(megabytes) / s.wall().median }
	wanted := min(wantedUpload, wantedOfDisk*rate(disk))
	return &contest{Title: fmt.Sprintf("Upload of %s, a record being 1 MB", unit.Size(size)), Series: []*series{upload, disk}, Goals: []goal{
		{Text: fmt.Sprintf("upload beside the lesser of %d MB/s and %g %% of the plain copy's rate", wantedUpload, 100*wantedOfDisk), Value: 100 * rate(upload) / wanted, Limit: 100, Unit: "%"},
		{Text: "upload, resident above the idle server", Value: upload.rss().max - idle, Limit: wantedHeld, Below: true, Unit: "MiB"},
	}}, nil
}
