// Demodata makes the demo's input: it draws customer messages from a folder of small classification tasks, and gives
// each the team that its task's own label stands for.
//
//	go run ./scripts/demodata ../shared/data/tasks testdata/demo
//
// The same tasks always give the same bytes.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// Files are the task files that are drawn from, in their order.
var files = []string{"support", "sentiment", "intents", "safety", "business", "public", "tech"}

// Team is a gold label: it takes the texts whose label in their task matches.
type team struct {
	name, description string
	takes             *regexp.Regexp
}

func labels(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(` + strings.Join(alternatives, "|") + `)$`)
}

var teams = []team{
	{
		"billing", "Invoices, charges, payments, fees and refunds",
		labels(`billing.*`, `.*invoice.*`, `.*\bfees?\b.*`, `bill .*`, `.*overcharg.*`, `.*charge(back)?s?`, `.*payment.*`, `.*refund.*`),
	},
	{
		"delivery", "Parcels, shipping, couriers and late or lost orders",
		labels(`.*deliver.*`, `.*parcel.*`, `.*shipping.*`, `.*courier.*`, `.*never.?arriv.*`, `.*lost in.*`, `wrong address`, `late`, `lost`),
	},
	{
		"technical", "Crashes, errors, outages, broken hardware, slow or lost connection",
		labels(`.*bug.*`, `.*crash.*`, `.*error.*`, `.*outage.*`, `.*hardware.*`, `.*total_loss.*`, `.*slow_?speed.*`, `.*drops.*`,
			`.*wi-?fi.*`, `.*performance.*`, `.*fault.*`, `.*technical.*`, `timeout`),
	},
	{
		"booking", "Flights, rooms, tables and appointments to book or move",
		labels(`.*booking.*`, `.*reserv.*`, `.*appointment.*`, `.*check-in.*`, `flight.*`, `.*itinerary.*`, `table.*`),
	},
	{
		"medical", "Illness, symptoms, doctors, medicines and treatment",
		labels(`health(care)?`, `medicine`, `medical.*`, `cardiology`, `dermatology`, `.*doctor.*`, `symptom.*`, `vaccination`,
			`pharmac.*`, `.*prescription.*`, `nutrition`, `dental`, `neurology`, `orthopedics`, `gastroenterology`,
			`ophthalmology`, `ent`, `side effects`, `test results`, `pain`, `surgery`, `mental health`),
	},
	{
		"praise", "Thanks and compliments from a happy customer",
		labels(`.*praise.*`, `.*complim.*`, `positive`, `satisfied`, `.*delighted.*`, `grateful`, `thanks`, `loved it`, `likes it`,
			`.*gratitude.*`, `works fine`, `helpful`, `friendly`),
	},
}

// Ticket is one row.
type ticket struct {
	ID      int64     `parquet:"id"`
	Created time.Time `parquet:"created,timestamp(millisecond)"`
	Channel string    `parquet:"channel,dict"`
	Text    string    `parquet:"text"`
	Team    string    `parquet:"team,dict"`
	Topic   string    `parquet:"topic,dict"` // the text's label in its task
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: demodata TASKS OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "demodata:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	tickets, err := draw(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if err := writeParquet(filepath.Join(to, "tickets.parquet"), tickets); err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("{\n")
	for i, t := range teams {
		end := ",\n"
		if i == len(teams)-1 {
			end = "\n"
		}
		fmt.Fprintf(&b, "  %q: %q%s", t.name, t.description, end)
	}
	b.WriteString("}\n")
	if err := os.WriteFile(filepath.Join(to, "labels.json"), []byte(b.String()), 0o644); err != nil {
		return err
	}
	fmt.Printf("%d tickets, %d labels\n", len(tickets), len(teams))
	return nil
}

// Draw reads the tasks and returns the tickets in a shuffled order.
func draw(from string) ([]ticket, error) {
	rng := rand.New(rand.NewPCG(12, 2026))
	channels := []string{"email", "chat", "web", "phone", "app"}
	var tickets []ticket
	seen := map[uint64]bool{}
	for _, name := range files {
		f, err := os.Open(filepath.Join(from, name+".jsonl"))
		if err != nil {
			return nil, err
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			var task struct {
				Texts [][2]json.RawMessage `json:"texts"`
			}
			if err := json.Unmarshal(sc.Bytes(), &task); err != nil {
				f.Close()
				return nil, fmt.Errorf("%s: %w", f.Name(), err)
			}
			for _, pair := range task.Texts {
				var text, topic string
				if json.Unmarshal(pair[0], &text) != nil || json.Unmarshal(pair[1], &topic) != nil {
					continue // a text with several labels
				}
				h := fnv.New64a()
				h.Write([]byte(text))
				if t, ok := teamOf(topic); ok && !seen[h.Sum64()] {
					seen[h.Sum64()] = true
					tickets = append(tickets, ticket{Text: text, Team: t, Topic: topic})
				}
			}
		}
		f.Close()
		if err := sc.Err(); err != nil {
			return nil, err
		}
	}
	if len(tickets) == 0 {
		return nil, errors.New("no text matched")
	}
	rng.Shuffle(len(tickets), func(i, j int) { tickets[i], tickets[j] = tickets[j], tickets[i] })
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	for i := range tickets {
		at = at.Add(time.Duration(20+rng.IntN(600)) * time.Second)
		tickets[i].ID, tickets[i].Created = int64(1001+i), at
		tickets[i].Channel = channels[rng.IntN(len(channels))]
	}
	return tickets, nil
}

// TeamOf returns the one team that takes a topic.
func teamOf(topic string) (string, bool) {
	found := ""
	for _, t := range teams {
		if t.takes.MatchString(topic) || t.takes.MatchString(strings.ReplaceAll(topic, "_", " ")) {
			if found != "" {
				return "", false
			}
			found = t.name
		}
	}
	return found, found != ""
}

func writeParquet(path string, tickets []ticket) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[ticket](f, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("winnow", "demo", ""),
		parquet.MaxRowsPerRowGroup(1000))
	if _, err := w.Write(tickets); err != nil {
		f.Close()
		return err
	}
	if err := w.Close(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
