package report

// HTML is the page for people.
func (p *Page) HTML() []byte { return nil }
