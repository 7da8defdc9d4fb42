package api

import "strings"

// span is a piece of a text: plain, or set as code.
type span struct {
	Text string
	Code bool
}

// spans cuts a text at its backquotes, the only signs of Markdown that the description uses within a line.
func spans(text string) []span {
	var out []span
	for i, piece := range strings.Split(text, "`") {
		if piece != "" {
			out = append(out, span{piece, i%2 == 1})
		}
	}
	return out
}

// paragraphs cuts a text at its empty lines.
func paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
