// Package templates holds every word and page that a person reads: guardians, children, and developers in dev.
//
// Words live in locales/<lang>/*.yaml; adding a language is adding a folder. A page is one typed struct: Render turns it
// into HTML through templates that are parsed once. States lists every page in every state, each with a fixture; all page
// tests walk that list.
//
// Pages need no JavaScript, no cookie and nothing from elsewhere: one style sheet, served at StaticPath, is all.
package templates
