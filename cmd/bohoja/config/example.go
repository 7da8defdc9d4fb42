package config

import _ "embed"

//go:embed example.en.yaml
var exampleEnglish string

//go:embed example.ko.yaml
var exampleKorean string

// Examples are commented files that pass Check, by the language of their comments: `config init` writes one.
func Examples() map[string]string {
	return map[string]string{"en": exampleEnglish, "ko": exampleKorean}
}
