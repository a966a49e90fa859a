package unit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"0": 0, "0s": 0, "50ms": 50 * time.Millisecond, "1m30s": 90 * time.Second, "7d": 7 * day, "1.5d": 36 * time.Hour,
		"1d12h": 36 * time.Hour, "2h": 2 * time.Hour, "10us": 10 * time.Microsecond,
	}
	for s, want := range good {
		got, err := ParseDuration(s)
		if err != nil || got.Std() != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", s, got, err, want)
		}
		if !regexp.MustCompile(durationPattern).MatchString(s) {
			t.Errorf("the pattern refuses %q", s)
		}
	}
	bad := map[string]string{
		"5": "has no unit", "5.5": "has no unit", "-5": "negative", "-5s": "not a duration", "": "not a duration",
		"5 s": "not a duration", "five": "not a duration", "d": "not a duration", "xd": "not a duration",
		"1e300d": "not a duration", "infd": "not a duration", "106751d24h": "not a duration", "+5s": "not a duration",
	}
	for s, want := range bad {
		if _, err := ParseDuration(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDuration(%q) = %v, want %q", s, err, want)
		}
		if regexp.MustCompile(durationPattern).MatchString(s) && s != "106751d24h" {
			t.Errorf("the pattern takes %q", s)
		}
	}
}

func TestParseSize(t *testing.T) {
	good := map[string]int64{
		"0": 0, "512B": 512, "64KiB": 64 << 10, "256MiB": 256 << 20, "10MB": 10e6, "1GiB": 1 << 30, "1.5GiB": 3 << 29,
		"1kB": 1000, "1KB": 1000, "2TB": 2e12, "1TiB": 1 << 40, "0B": 0,
	}
	for s, want := range good {
		got, err := ParseSize(s)
		if err != nil || got.Bytes() != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
		if !regexp.MustCompile(sizePattern).MatchString(s) {
			t.Errorf("the pattern refuses %q", s)
		}
	}
	bad := map[string]string{
		"5": "has no unit", "-5": "negative", "5GBB": "not a size", "5gb": "not a size", "": "not a size", "MiB": "not a size",
		"1.2.3MB": "not a size", "9999999999TiB": "larger", "5 MB": "not a size",
	}
	for s, want := range bad {
		if _, err := ParseSize(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSize(%q) = %v, want %q", s, err, want)
		}
	}
}

func TestUnitErrorsTellTheRemedy(t *testing.T) {
	_, err := ParseDuration("5")
	if e, ok := fault.As(err); !ok || e.Remedy() != "write 5s for seconds or 5ms for milliseconds" {
		t.Errorf("got %v", err)
	}
	_, err = ParseSize("5")
	if e, ok := fault.As(err); !ok || e.Remedy() != "write 5B for bytes or 5MiB for mebibytes" {
		t.Errorf("got %v", err)
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64Min(0).Draw(t, "d"))
		back, err := ParseDuration(d.String())
		if err != nil || back != d {
			t.Fatalf("%d → %q → %d, %v", d, d, back, err)
		}
	})
}

func TestSizeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Range(0, 1<<52).Draw(t, "s"))
		back, err := ParseSize(s.String())
		if err != nil || back != s {
			t.Fatalf("%d → %q → %d, %v", s, s, back, err)
		}
	})
}

func TestUnitsInJSON(t *testing.T) {
	type config struct {
		D Duration `json:"d"`
		S Size     `json:"s"`
		P Secret   `json:"p"`
	}
	var c config
	if err := json.Unmarshal([]byte(`{"d":"1h","s":"1GiB","p":"hunter2"}`), &c); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(c)
	if err != nil || string(out) != `{"d":"1h","s":"1GiB","p":"[redacted]"}` {
		t.Errorf("got %s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"d":"5"}`), &c); err == nil {
		t.Error("a duration without a unit was taken")
	}
}

func TestSecretNeverPrints(t *testing.T) {
	s := struct{ P Secret }{NewSecret("hunter2")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if out := fmt.Sprintf(verb, s); strings.Contains(out, "hunter2") || strings.Contains(out, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("%s prints %s", verb, out)
		}
	}
	if v, err := s.P.Reveal(); v != "hunter2" || err != nil {
		t.Errorf("Reveal = %q, %v", v, err)
	}
	if (Secret{}).String() != "" || !(Secret{}).IsZero() {
		t.Error("the zero secret is not empty")
	}
}

func TestSecretFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("hunter2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := SecretFile(path).Reveal(); v != "hunter2" || err != nil {
		t.Errorf("Reveal = %q, %v", v, err)
	}
	if _, err := SecretFile(path + "x").Reveal(); !fault.Is(err, fault.ConfigField) {
		t.Errorf("a missing file gives %v", err)
	}
}

func ExampleParseDuration() {
	d, _ := ParseDuration("1m30s")
	fmt.Println(d.Std().Seconds())
	_, err := ParseDuration("5")
	fmt.Println(err)
	// Output:
	// 90
	// config.field: duration "5" has no unit
}

func ExampleSize() {
	s, _ := ParseSize("256MiB")
	fmt.Println(s.Bytes(), s)
	// Output: 268435456 256MiB
}
