package api

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/winnow-stream/winnow/classify/cache"
	"github.com/winnow-stream/winnow/pipeline/fault"
)

// Priorities of requests. A job has the first.
const (
	Standard = "standard"
	Fast     = "fast"
)

// Usage keeps what accounts have used. It is safe for concurrent use.
type Usage interface {
	// Count adds what a request has used. It is called for each, and is quick.
	Count(of UsageOf, n UsageCounts)
	// Used is what an account has used from one day to another, both included, a row for each UsageOf in their order.
	Used(ctx context.Context, account string, from, to int64) ([]Used, error)
}

// UsageOf is what usage is told apart by.
type UsageOf struct {
	Account    string
	Day        int64  // see DayOf
	Key        string // its id; empty: none was needed
	Classifier string // a saved one's version; empty: the labels came with the request
	Priority   string
}

// UsageCounts are numbers of what was used.
type UsageCounts struct {
	Requests     int64 `json:"requests"`
	Jobs         int64 `json:"jobs" jsonschema:"description=Those that have ended"`
	Texts        int64 `json:"texts"`
	Failed       int64 `json:"failed" jsonschema:"description=Texts that got no answer"`
	Cached       int64 `json:"cached" jsonschema:"description=Texts whose answer was kept"`
	Tokens       int64 `json:"tokens"`
	CachedTokens int64 `json:"cached_tokens" jsonschema:"description=Those of the texts whose answer was kept\\, which cost nothing"`
}

// Plus is the sum.
func (n UsageCounts) Plus(m UsageCounts) UsageCounts {
	return UsageCounts{
		Requests: n.Requests + m.Requests, Jobs: n.Jobs + m.Jobs, Texts: n.Texts + m.Texts, Failed: n.Failed + m.Failed,
		Cached: n.Cached + m.Cached, Tokens: n.Tokens + m.Tokens, CachedTokens: n.CachedTokens + m.CachedTokens,
	}
}

// Used is what was used of something.
type Used struct {
	UsageOf
	UsageCounts
}

const secondsOfDay = 24 * 60 * 60

// DayOf is a time's day: whole days since 1970-01-01, in UTC.
func DayOf(t time.Time) int64 { return t.Unix() / secondsOfDay }

func dayText(day int64) string { return time.Unix(day*secondsOfDay, 0).UTC().Format(time.DateOnly) }

// used counts a request that was answered. Answers that were kept cost no tokens.
func (c *call) used(a *asking, k *compiled) {
	n := UsageCounts{Requests: 1, Texts: int64(len(a.rows)), Failed: int64(len(a.errs) + len(a.results.Failures))}
	for row, tokens := range a.results.Tokens {
		n.Tokens += int64(tokens)
		if a.age(row) != cache.Fresh {
			n.Cached++
			n.CachedTokens += int64(tokens)
		}
	}
	c.spend(n.Tokens - n.CachedTokens)
	if c.server.cfg.Usage == nil {
		return
	}
	priority := Standard
	if a.question.fast {
		priority = Fast
	}
	c.server.cfg.Usage.Count(UsageOf{Account: c.who.Account, Day: DayOf(c.begun), Key: c.who.Key, Classifier: k.reference, Priority: priority}, n)
}

// usageReport is what an account has used.
type usageReport struct {
	From  string     `json:"from"`
	To    string     `json:"to" jsonschema:"description=This day is included"`
	By    []string   `json:"by"`
	Data  []usageRow `json:"data"`
	Total usageTotal `json:"total"`
}

// usageRow is a part of it. What the report is not by is left out.
type usageRow struct {
	Day        *string `json:"day,omitempty"`
	Key        *string `json:"key,omitempty" jsonschema:"description=The key's id; empty where none was needed"`
	Classifier *string `json:"classifier,omitempty" jsonschema:"description=A saved one's version; empty where the labels came with the request"`
	Priority   *string `json:"priority,omitempty"`
	usageTotal
}

type usageTotal struct {
	UsageCounts
	Cost float64 `json:"cost" jsonschema:"description=By the server's prices"`
}

// dimensions are what a report can be by.
var dimensions = []string{"day", "key", "classifier", "priority"}

// showUsage answers GET /v1/usage: what the account has used between two days, by what the request asks for.
func (c *call) showUsage() error {
	from, to, by, err := c.usageQuery()
	if err != nil {
		return err
	}
	all, err := c.server.cfg.Usage.Used(c.r.Context(), c.who.Account, from, to)
	if err != nil {
		return err
	}
	report := usageReport{From: dayText(from), To: dayText(to), By: by, Data: []usageRow{}}
	for _, group := range grouped(all, by) {
		row := usageRow{}
		for _, name := range by {
			value := group[0].named(name)
			*row.field(name) = &value
		}
		for i := range group {
			row.add(&group[i], c.server.price(group[i].Priority))
			report.Total.add(&group[i], c.server.price(group[i].Priority))
		}
		report.Data = append(report.Data, row)
	}
	return c.marshal(http.StatusOK, report)
}

// usageQuery is what the request asks for: the last 30 days by day, unless it says more.
func (c *call) usageQuery() (from, to int64, by []string, err error) {
	query := c.r.URL.Query()
	to = DayOf(c.begun)
	for name, day := range map[string]*int64{"to": &to, "from": &from} {
		if !query.Has(name) {
			continue
		}
		t, err := time.Parse(time.DateOnly, query.Get(name))
		if err != nil || t.Year() < 1970 {
			return 0, 0, nil, fault.New(fault.UsageQuery, "%s is no day", name).At(fault.Where{Path: name})
		}
		*day = DayOf(t)
	}
	if !query.Has("from") {
		from = to - usageDays + 1
	}
	if from > to || to-from >= maxUsageDays {
		return 0, 0, nil, fault.New(fault.UsageQuery, "from and to are not from 1 to %d days", maxUsageDays).At(fault.Where{Path: "from"})
	}
	by = []string{"day"}
	if query.Has("by") {
		by = strings.Split(query.Get("by"), ",")
	}
	for i, name := range by {
		if !slices.Contains(dimensions, name) || slices.Contains(by[:i], name) {
			return 0, 0, nil, fault.New(fault.UsageQuery, "by does not name each of some of %s once", strings.Join(dimensions, ", ")).At(fault.Where{Path: "by"})
		}
	}
	return from, to, by, nil
}

// grouped are rows that are the same in what they are told apart by, in that order.
func grouped(all []Used, by []string) [][]Used {
	compare := func(a, b Used) int {
		for _, name := range by {
			if c := cmp.Compare(a.named(name), b.named(name)); c != 0 {
				return c
			}
		}
		return 0
	}
	slices.SortStableFunc(all, compare)
	var groups [][]Used
	for begin := 0; begin < len(all); {
		end := begin + 1
		for end < len(all) && compare(all[begin], all[end]) == 0 {
			end++
		}
		groups = append(groups, all[begin:end])
		begin = end
	}
	return groups
}

// named is what the row has in a dimension.
func (u *Used) named(dimension string) string {
	switch dimension {
	case "day":
		return dayText(u.Day)
	case "key":
		return u.Key
	case "classifier":
		return u.Classifier
	default:
		return u.Priority
	}
}

// field is where a row shows a dimension.
func (r *usageRow) field(dimension string) **string {
	switch dimension {
	case "day":
		return &r.Day
	case "key":
		return &r.Key
	case "classifier":
		return &r.Classifier
	default:
		return &r.Priority
	}
}

// add adds a row, at a price for a million tokens.
func (t *usageTotal) add(u *Used, price float64) {
	t.UsageCounts = t.Plus(u.UsageCounts)
	const digits = 1e6 // more are the noise of sums
	t.Cost = math.Round((t.Cost+float64(u.Tokens-u.CachedTokens)*price/1e6)*digits) / digits
}

// price is that of a million tokens.
func (s *Server) price(priority string) float64 {
	if priority == Fast {
		return s.cfg.Prices.Fast
	}
	return s.cfg.Prices.Standard
}
