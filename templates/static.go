package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"path"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// Asset is one static file. Its name holds a digest of its content, so it may be cached for ever.
type Asset struct {
	Name string // "bohoja.1a2b3c4d.css"
	Type string // Content-Type
	Body []byte
}

var assetTypes = map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8"}

// assets reads the static files once, by their plain names.
var assets = sync.OnceValue(func() map[string]Asset {
	all := map[string]Asset{}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		body, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = newAsset(e.Name(), body)
	}
	return all
})

func newAsset(name string, body []byte) Asset {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return Asset{
		Name: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext,
		Type: assetTypes[ext], Body: body,
	}
}

// StaticPath is the path, below the service's base, of the static file with this plain name: "bohoja.css".
// A name that does not exist gives "".
func StaticPath(name string) string {
	a, ok := assets()[name]
	if !ok {
		return ""
	}
	return "/static/" + a.Name
}

// StaticFile is the static file with this plain name, for those whose address must stay the same: "v1.js".
func StaticFile(name string) Asset { return assets()[name] }

// Static returns the asset whose versioned name stands after /static/ in a path.
func Static(versioned string) (Asset, bool) {
	for _, a := range assets() {
		if a.Name == versioned {
			return a, true
		}
	}
	return Asset{}, false
}
