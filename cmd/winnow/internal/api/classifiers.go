package api

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify"
	"github.com/winnow-stream/winnow/classify/catalog"
	"github.com/winnow-stream/winnow/cmd/winnow/internal/config"
	"github.com/winnow-stream/winnow/pipeline/fault"
	"github.com/winnow-stream/winnow/pipeline/spec"
)

// classifierBody is what POST /v1/classifiers takes.
var classifierBody = &body{keys: []string{"name", "labels", "descriptions", "examples", "backend", "mode", "threshold", "notes"}, job: true}

// saveClassifier answers POST /v1/classifiers: the name's next version, or the one that holds the same.
func (c *call) saveClassifier() error {
	data := buffer()
	defer recycle(data)
	if err := c.read(data, min(maxJSON, c.server.cfg.Limits.Body.Bytes())); err != nil {
		return err
	}
	return c.once(sha256.Sum256(data.Bytes()), func() (string, error) { return c.saveVersion(data.Bytes()) }, c.savedBefore)
}

// saveVersion saves what a request's body describes, and answers with it.
func (c *call) saveVersion(data []byte) (reference string, err error) {
	q := new(question)
	if err := q.parse(data, classifierBody); err != nil {
		return "", err
	}
	d, err := c.draft(q)
	if err != nil {
		return "", err
	}
	if e, err := c.sharedEntry(d.Name); err != nil {
		return "", err
	} else if e != nil && e.Builtin {
		return "", fault.New(fault.ClassifierBuiltin, "%s is built into winnow", d.Name)
	}
	own, err := c.own()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.server.cfg.Limits.Answer.Std())
	defer cancel()
	if d.Replaces, err = c.ifMatch(); err != nil {
		return "", err
	}
	s, err := own.Save(ctx, d)
	if err != nil {
		return "", err
	}
	status := http.StatusCreated
	if s.Existed {
		status = http.StatusOK
	}
	return s.Ref(), c.version(status, &saved{s.Manifest, true})
}

// ifMatch is the hash of the version that the header If-Match names: it has to be the newest. Empty: the header is not there.
func (c *call) ifMatch() (string, error) {
	want := c.r.Header.Get("If-Match")
	if want == "" || want == "*" {
		return want, nil
	}
	hash, err := strconv.Unquote(want)
	if err != nil || hash == "" {
		return "", fault.New(fault.ClassifierStale, "the header If-Match is no ETag of a version")
	}
	return hash, nil
}

// etag tells versions apart for caches and conditions.
func etag(m *catalog.Manifest) string { return strconv.Quote(m.Hash) }

// draft is what a question asks to be saved.
func (c *call) draft(q *question) (catalog.Draft, error) {
	var d catalog.Draft
	if q.name == nil {
		return d, fault.New(fault.ClassifierName, "the classifier has no name").At(fault.Where{Path: "name"})
	}
	name, err := textOf("name", q.name)
	if err != nil {
		return d, err
	}
	if err := catalog.CheckName(name); err != nil {
		return d, within("name", err)
	}
	mode, err := q.modeOf()
	if err != nil {
		return d, err
	}
	backend := q.backendOr(c.server.cfg.Server.Backend)
	if q.backend == nil && backend == config.BackendAuto { // which is none that can be saved
		backend = config.BackendEncoder
	}
	set, err := q.labelSet(backend)
	if err != nil {
		return d, err
	}
	if err := contradiction(set, mode); err != nil {
		return d, err
	}
	k := &spec.Classify{Labels: set, Mode: mode, Backend: backend}
	if mode == classify.Multi {
		threshold := defaultTagThreshold
		if q.threshold != nil {
			if threshold, err = numberOf("threshold", q.threshold); err != nil {
				return d, err
			}
		}
		k.Threshold = &threshold
	}
	notes := ""
	if q.notes != nil {
		if notes, err = bounded("notes", q.notes); err != nil {
			return d, err
		}
	}
	if d, err = c.server.cfg.Backend.Draft(k); err != nil {
		return d, err
	}
	d.Name, d.Notes, d.Origin = name, notes, catalog.Origin{Winnow: c.server.cfg.Version}
	return d, nil
}

// contradiction finds a text that is an example of two labels, of which a text can have one.
func contradiction(set classify.LabelSet, mode classify.Mode) error {
	if mode == classify.Multi {
		return nil
	}
	of := make(map[string]int)
	for i, label := range set {
		for _, text := range label.Examples {
			if before, ok := of[text]; ok && before != i {
				return fault.New(fault.ExamplesConflict, "labels[%d] and labels[%d] have an example in common, and a text gets one label", before, i).
					At(fault.Where{Path: "examples"})
			}
			of[text] = i
		}
	}
	return nil
}

// savedBefore answers again with a version that was saved.
func (c *call) savedBefore(status int, reference string) error {
	s, err := c.server.compiler.find(c.who.Account, reference)
	if err != nil {
		return err
	}
	return c.version(status, s)
}

// version answers with a version.
func (c *call) version(status int, s *saved) error {
	c.w.Header().Set("ETag", etag(s.Manifest))
	return c.marshal(status, shownVersion(s))
}

// showClassifier answers GET /v1/classifiers/{reference}: the newest version of a name, or the one that is named.
func (c *call) showClassifier() error {
	s, err := c.server.compiler.find(c.who.Account, c.r.PathValue("reference"))
	if err != nil {
		return err
	}
	return c.version(http.StatusOK, s)
}

// listClassifiers answers GET /v1/classifiers: the account's own, then the server's.
func (c *call) listClassifiers() error {
	own, err := c.own()
	if err != nil {
		return err
	}
	shared, err := c.server.cfg.Catalogs.Shared()
	if err != nil {
		return err
	}
	list := []listedClassifier{}
	for i, from := range []*catalog.Catalog{own, shared} {
		entries, err := from.List()
		if err != nil {
			return err
		}
		for _, e := range entries {
			list = append(list, listed(&e, i == 0))
		}
	}
	return c.marshal(http.StatusOK, list)
}

// listVersions answers GET /v1/classifiers/{reference}/versions, newest first.
func (c *call) listVersions() error {
	name := c.r.PathValue("reference")
	s, err := c.server.compiler.find(c.who.Account, name)
	if err != nil {
		return err
	}
	from, err := c.own()
	if !s.own {
		from, err = c.server.cfg.Catalogs.Shared()
	}
	if err != nil {
		return err
	}
	e, err := from.Entry(s.Name)
	if err != nil {
		return err
	}
	list := make([]shownClassifier, 0, len(e.Versions))
	for i := len(e.Versions) - 1; i >= 0; i-- {
		list = append(list, shownVersion(&saved{e.Versions[i], s.own}))
	}
	return c.marshal(http.StatusOK, list)
}

// diffClassifier answers GET /v1/classifiers/{reference}/diff?from=1&to=2. Without from it is the version before to, and
// without to the newest.
func (c *call) diffClassifier() error {
	newest, err := c.server.compiler.find(c.who.Account, c.r.PathValue("reference"))
	if err != nil {
		return err
	}
	query := c.r.URL.Query()
	number := func(name string, otherwise int) (*saved, error) {
		n := otherwise
		if query.Has(name) {
			if n, err = strconv.Atoi(strings.TrimPrefix(query.Get(name), "v")); err != nil || n < 1 {
				return nil, fault.New(fault.ClassifierRef, "%s is no number of a version", name)
			}
		}
		return c.server.compiler.find(c.who.Account, newest.Name+"@v"+strconv.Itoa(n))
	}
	to, err := number("to", newest.Number)
	if err != nil {
		return err
	}
	from, err := number("from", max(to.Number-1, 1))
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, catalog.Diff(from.Manifest, to.Manifest))
}

// deleteClassifier answers DELETE /v1/classifiers/{reference}: a version, or all of a name's. Numbers are not given again,
// and jobs have copies of their own.
func (c *call) deleteClassifier() error {
	r, err := catalog.ParseReference(c.r.PathValue("reference"))
	if err != nil {
		return err
	}
	own, err := c.own()
	if err != nil {
		return err
	}
	d, err := own.Delete(c.r.Context(), r, false)
	if fault.Is(err, fault.ClassifierUnknown) {
		if e, sharedErr := c.sharedEntry(r.Name); sharedErr != nil {
			return sharedErr
		} else if e != nil {
			return fault.New(fault.ClassifierBuiltin, "%s is the server's, and none of the account's own", r.Name).
				WithFix("the server's operator deletes it with winnow classifiers delete, unless it is built in")
		}
	}
	if err != nil {
		return err
	}
	return c.marshal(http.StatusOK, deletedClassifier{Name: r.Name, Versions: d.Numbers, Deleted: true})
}

// own is the catalog of who asks.
func (c *call) own() (*catalog.Catalog, error) { return c.server.cfg.Catalogs.Own(c.who.Account) }

// sharedEntry is a name in the server's catalog; nil where it has none.
func (c *call) sharedEntry(name string) (*catalog.Entry, error) {
	shared, err := c.server.cfg.Catalogs.Shared()
	if err != nil {
		return nil, err
	}
	e, err := shared.Entry(name)
	if err != nil || len(e.Versions) == 0 {
		return nil, err
	}
	return &e, nil
}

// shownVersion is a version as answers have it.
func shownVersion(s *saved) shownClassifier {
	shown := shownClassifier{
		Name: s.Name, Version: s.Number, Reference: s.Ref(), Own: s.own, Mode: string(s.mode()), Threshold: s.threshold(), Backend: s.Backend.Name,
		Labels: s.Labels, Notes: s.Notes, Hash: s.Hash, CreatedAt: s.Origin.Created.UTC().Format(time.RFC3339),
	}
	if shown.Labels == nil {
		shown.Labels = classify.LabelSet{}
	}
	return shown
}

// listed is a name as a list has it.
func listed(e *catalog.Entry, own bool) listedClassifier {
	newest := e.Versions[len(e.Versions)-1]
	l := listedClassifier{
		Name: e.Name, Own: own, BuiltIn: e.Builtin, Version: newest.Number, Mode: string((&saved{Manifest: newest}).mode()), Labels: newest.Labels.Names(),
		CreatedAt: newest.Origin.Created.UTC().Format(time.RFC3339),
	}
	for _, v := range e.Versions {
		l.Versions = append(l.Versions, v.Number)
	}
	return l
}
