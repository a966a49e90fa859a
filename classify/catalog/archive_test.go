package catalog

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/winnow-stream/winnow/pipeline/fault"
)

func export(t testing.TB, v *Version) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, v.Export(&b))
	return b.Bytes()
}

func importFrom(c *Catalog, data []byte, as string) (Saved, error) {
	return c.Import(context.Background(), bytes.NewReader(data), as)
}

func TestExchange(t *testing.T) {
	here, there := onDisk(t), onDisk(t)
	save(t, here, draft("x", "1"))
	d := draft("x", "2", "weights", "weights", strings.Repeat("long ", 1<<16))
	want := save(t, here, d)
	data := export(t, want.Version)
	if !bytes.Equal(data, export(t, resolve(t, here, "x@v2"))) {
		t.Error("an export is not the same twice")
	}
	got, err := importFrom(there, data, "")
	must(t, err)
	if got.Ref() != "x@v1" || got.Hash != want.Hash || got.Existed || got.Origin.Imported != "x@v2" || !got.Origin.Created.Equal(want.Origin.Created) {
		t.Errorf("imported %+v", got.Manifest)
	}
	for _, b := range want.Weights {
		x, err := want.Blob(b.Name)
		must(t, err)
		if y, err := resolve(t, there, "x").Blob(b.Name); err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s: %d bytes, %v", b.Name, len(y), err)
		}
	}
	if again, err := importFrom(there, data, ""); err != nil || !again.Existed || again.Ref() != "x@v1" {
		t.Errorf("imported again as %v, %v", again, err)
	}
	save(t, there, draft("mine", "other"))
	if as, err := importFrom(there, data, "mine"); err != nil || as.Ref() != "mine@v2" || as.Hash != want.Hash {
		t.Errorf("imported under another name as %v, %v", as, err)
	}
	_, err = importFrom(there, data, "Not A Name")
	wantFault(t, err, fault.ClassifierName, "Not A Name")

	// What comes back is what went out.
	back, err := importFrom(here, export(t, resolve(t, there, "x")), "")
	if err != nil || !back.Existed || back.Ref() != "x@v2" {
		t.Errorf("came back as %v, %v", back, err)
	}
}

// TestOrdinaryTools reads an export as tar and zstd do.
func TestOrdinaryTools(t *testing.T) {
	c := onDisk(t)
	s := save(t, c, draft("x", "1", "weights"))
	z, err := zstd.NewReader(bytes.NewReader(export(t, s.Version)))
	must(t, err)
	defer z.Close()
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "manifest.json blobs/"+s.Weights[0].SHA256 {
		t.Error(got)
	}
}

// TestEveryByteOfAnExport changes and cuts an export at every byte.
func TestEveryByteOfAnExport(t *testing.T) {
	here, there := onDisk(t), onDisk(t)
	data := export(t, save(t, here, draft("x", "1", "weights")).Version)
	refused := func(what string, at int, data []byte) {
		t.Helper()
		if _, err := importFrom(there, data, ""); !fault.Is(err, fault.CatalogArchive) && !fault.Is(err, fault.ClassifierNewer) {
			t.Fatalf("%s at byte %d: %v", what, at, err)
		}
	}
	for i := range data {
		for bit := range 8 {
			changed := bytes.Clone(data)
			changed[i] ^= 1 << bit
			refused("changed", i, changed)
		}
		refused("cut", i, data[:i])
		refused("removed", i, append(bytes.Clone(data[:i]), data[i+1:]...))
	}
	refused("longer", len(data), append(bytes.Clone(data), 0))
	refused("twice", len(data), append(bytes.Clone(data), data...))
	if all, err := there.List(); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	_, err := importFrom(there, bytes.Replace(data, []byte("winnow classifier 1 "), []byte("winnow classifier 2 "), 1), "")
	wantFault(t, err, fault.ClassifierNewer, "format 2")
}

// member is an entry of an archive that somebody made by hand.
type member struct {
	h       tar.Header
	content string
}

// forge makes an archive whose checksum is right.
func forge(t *testing.T, tail string, members ...member) []byte {
	t.Helper()
	var body bytes.Buffer
	z, err := zstd.NewWriter(&body)
	must(t, err)
	w := tar.NewWriter(z)
	for _, m := range members {
		if m.h.Typeflag == 0 {
			m.h.Typeflag = tar.TypeReg
		}
		if m.h.Typeflag == tar.TypeReg && m.h.Size == 0 {
			m.h.Size = int64(len(m.content))
		}
		must(t, w.WriteHeader(&m.h))
		_, err := io.WriteString(w, m.content)
		must(t, err)
	}
	_ = w.Close() // a forged size may not fit
	_, err = io.WriteString(z, tail)
	must(t, err)
	must(t, z.Close())
	return seal1(body.Bytes())
}

func seal1(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(archiveHead(sum[:]), body...)
}

func TestHostileArchives(t *testing.T) {
	sha := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	manifest := func(change func(m *Manifest)) member {
		m := &Manifest{Name: "x", Number: 1, Backend: Backend{Name: "static", Format: 1}, Labels: draft("x", "").Labels}
		m.Weights = []Blob{{Name: "w", Size: 5, SHA256: sha("12345")}}
		change(m)
		var err error
		if m.Hash == "" {
			m.Hash, err = m.contentHash()
			must(t, err)
		}
		data, err := m.encode()
		must(t, err)
		return member{tar.Header{Name: manifestEntry}, string(data)}
	}
	plain := manifest(func(*Manifest) {})
	blob := member{tar.Header{Name: "blobs/" + sha("12345")}, "12345"}
	cases := []struct {
		name, want string
		code       *fault.Code
		data       []byte
	}{
		{"sound", "", nil, forge(t, "", plain, blob)},
		{"empty", "ends within its head", fault.CatalogArchive, nil},
		{"text", "no exported classifier", fault.CatalogArchive, bytes.Repeat([]byte("x"), 500)},
		{"zip", "no exported classifier", fault.CatalogArchive, append([]byte("PK\x03\x04"), make([]byte, 500)...)},
		{"nothing in it", "", fault.CatalogArchive, seal1(nil)},
		{"not zstd", "", fault.CatalogArchive, seal1([]byte("not zstd at all"))},
		{"no entries", "lacks manifest.json", fault.CatalogArchive, forge(t, "")},
		{"no manifest", "where manifest.json belongs", fault.CatalogArchive, forge(t, "", blob)},
		{"a path out of the folder", `"../../x" where`, fault.CatalogArchive, forge(t, "", plain, member{tar.Header{Name: "../../x"}, "12345"})},
		{"an absolute path", `"/etc/passwd" where`, fault.CatalogArchive, forge(t, "", member{tar.Header{Name: "/etc/passwd"}, plain.content}, blob)},
		{"a path at the end", `"blobs/../x", of which`, fault.CatalogArchive, forge(t, "", plain, blob, member{tar.Header{Name: "blobs/../x"}, "1"})},
		{"a link", "where manifest.json belongs", fault.CatalogArchive, forge(t, "", member{tar.Header{Name: manifestEntry, Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, ""})},
		{"a linked blob", "where blobs/", fault.CatalogArchive, forge(t, "", plain, member{tar.Header{Name: blob.h.Name, Typeflag: tar.TypeLink, Linkname: "manifest.json"}, ""})},
		{"no blob", "lacks blobs/", fault.CatalogArchive, forge(t, "", plain)},
		{"a blob twice", "of which its manifest knows nothing", fault.CatalogArchive, forge(t, "", plain, blob, blob)},
		{"a second manifest", "of which its manifest knows nothing", fault.CatalogArchive, forge(t, "", plain, blob, plain)},
		{"another blob", "not those that the manifest announces", fault.CatalogArchive, forge(t, "", plain, member{blob.h, "54321"})},
		{"a short blob", "not those that the manifest announces", fault.CatalogArchive, forge(t, "", plain, member{blob.h, "1234"})},
		{"a long blob", "has 6 bytes, at most 5", fault.CatalogArchive, forge(t, "", plain, member{blob.h, "123456"})},
		{"a blob that is cut", "", fault.CatalogArchive, forge(t, "", plain, member{tar.Header{Name: blob.h.Name, Size: 5}, "123"})},
		{"something behind the end", "goes on behind its end", fault.CatalogArchive, forge(t, "more", plain, blob)},
		{"a second frame", "", fault.CatalogArchive, seal1(append(forge(t, "", plain, blob)[headSize:], forge(t, "x", plain)[headSize:]...))},
		{"a large manifest", "at most 16777216 are allowed", fault.CatalogArchive, forge(t, "", member{tar.Header{Name: manifestEntry}, strings.Repeat(" ", maxManifest+1)})},
		{"weights beyond the limit", "at most 1000 are allowed", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Weights = append(m.Weights, Blob{"x", 999, sha("x")}) }), blob)},
		{"one beyond the limit", "of 1001 bytes", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Weights[0].Size = 1001 }), blob)},
		{"a negative size", "of -5 bytes", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Weights[0].Size = -5 }), blob)},
		{"sums that overflow", "", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) {
			m.Weights = []Blob{{"a", 1 << 62, sha("a")}, {"b", 1 << 62, sha("b")}, {"c", 1 << 62, sha("c")}}
		}))},
		{"a hash that is a path", "with the hash", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Weights[0].SHA256 = "../../../x" }), blob)},
		{"a name that is a path", "", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Name = "../x" }), blob)},
		{"a weight's name that is a path", "", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Weights[0].Name = "../x" }), blob)},
		{"another hash", "its content has the hash", fault.CatalogArchive, forge(t, "", manifest(func(m *Manifest) { m.Hash = hashPrefix + strings.Repeat("0", 64) }), blob)},
		{"a manifest that is none", "not a file of a catalog", fault.CatalogArchive, forge(t, "", member{tar.Header{Name: manifestEntry}, "{}"})},
		{"a newer manifest", "format 2", fault.ClassifierNewer, forge(t, "", member{tar.Header{Name: manifestEntry}, strings.Replace(plain.content, `"format":1,"sha`, `"format":2,"sha`, 1)})},
		{"built in", "built into winnow", fault.ClassifierBuiltin, forge(t, "", manifest(func(m *Manifest) { m.Name = "mine" }), blob)},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			c, err := New(Config{Dir: dir + "/a/b/c", MaxWeights: 1000, Builtins: []Builtin{{Name: "mine"}}})
			must(t, err)
			_, err = importFrom(c, tt.data, "")
			if tt.code == nil {
				must(t, err)
				return
			}
			wantFault(t, err, tt.code, tt.want)
			// "mine" is a stand-in without content, so only what was saved is looked at.
			if numbers, err := c.numbers("x"); err != nil || len(numbers) > 0 {
				t.Errorf("%v is there, %v", numbers, err)
			}
		})
	}
}

// TestBomb imports a file that inflates to more than its manifest announces.
func TestBomb(t *testing.T) {
	c, err := New(Config{Dir: t.TempDir(), MaxWeights: 1 << 10})
	must(t, err)
	zeros := member{tar.Header{Name: manifestEntry}, strings.Repeat("\x00", 64<<20)}
	data := forge(t, "", zeros)
	_, err = importFrom(c, data, "")
	wantFault(t, err, fault.CatalogArchive, "at most 16777216")
	_, err = importFrom(c, make([]byte, 32<<20), "")
	wantFault(t, err, fault.CatalogArchive, "at most")
}

// TestIncompressible exports weights of random bytes, which fit below the limit of an import.
func TestIncompressible(t *testing.T) {
	const size = 3 << 20
	here, err := New(Config{Dir: t.TempDir(), MaxWeights: size})
	must(t, err)
	r := rand.NewChaCha8([32]byte{1})
	weights := make([]byte, size)
	_, _ = r.Read(weights)
	s := save(t, here, draft("x", "", string(weights)))
	there, err := New(Config{Dir: t.TempDir(), MaxWeights: size})
	must(t, err)
	if _, err := importFrom(there, export(t, s.Version), ""); err != nil {
		t.Error(err)
	}
}

func FuzzImport(f *testing.F) {
	c := inMemory(f)
	good := export(f, save(f, c, draft("x", "1", "weights")).Version)
	f.Add(good[headSize:])
	f.Add([]byte("(\xb5/\xfd"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := inMemory(t)
		if _, err := importFrom(c, seal1(body), ""); err != nil {
			if e, ok := fault.As(err); !ok || e.Code == fault.Internal {
				t.Errorf("an error without a code: %v", err)
			}
		}
	})
}

func ExampleVersion_Export() {
	c, d := inMemoryExample(), inMemoryExample()
	s, _ := c.Save(context.Background(), draft("support", "1"))
	var file bytes.Buffer
	if err := s.Export(&file); err != nil {
		fmt.Println(err)
	}
	got, err := d.Import(context.Background(), bytes.NewReader(file.Bytes()), "their-support")
	fmt.Println(got.Ref(), got.Hash == s.Hash, err)
	// Output: their-support@v1 true <nil>
}
