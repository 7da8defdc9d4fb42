package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// DefaultFile is read when it is there and no other file is named.
const DefaultFile = "bohoja.yaml"

// Source says from what the settings are read.
type Source struct {
	File    string   // of --config; "": BOHOJA_CONFIG, else DefaultFile if there is one, else none
	Environ []string // as os.Environ returns it
	Set     []string // name=value, of --set
	Base    []byte   // YAML below the file: declarations that a demonstration brings along
}

// Loaded are settings as they were read, with where each stood.
type Loaded struct {
	Settings Settings
	File     string // the file that was read; "" for none
	root     *node
	faults   Faults
}

// Load reads the settings. It never fails: what could not be read is told by Err and Check, and has its default.
func Load(src Source) *Loaded {
	environ := environMap(src.Environ)
	l := &Loaded{Settings: Defaults()}
	below, faults := readYAML("built in", src.Base)
	l.faults = faults
	fromFile := overlay(below, l.file(src.File, environ[FileVariable]))
	fromEnviron, faults := readEnviron(src.Environ)
	fromSet, more := readSet(src.Set)
	l.faults = append(append(l.faults, faults...), more...)
	l.root = overlay(overlay(fromFile, fromEnviron), fromSet)
	d := &decoder{readFile: readBounded, environ: environ}
	d.record("", l.root, reflect.ValueOf(&l.Settings).Elem())
	l.faults = append(l.faults, d.faults...)
	return l
}

// Err returns what could not be read as a Faults, or nil. Settings that were read may still not do for serve: see Check.
func (l *Loaded) Err() error {
	if len(l.faults) == 0 {
		return nil
	}
	return l.faults
}

// file reads the YAML file, whichever it is.
func (l *Loaded) file(flag, variable string) *node {
	name, where := flag, "--config"
	if name == "" {
		name, where = variable, FileVariable
	}
	asked := name != ""
	if !asked {
		name = DefaultFile
	}
	text, err := readBounded(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !asked:
		return newMapping("")
	case errors.Is(err, fs.ErrNotExist):
		l.faults = append(l.faults, Fault{"", where, FaultUnreadable, "the file " + name + " is not there; `bohoja config init` writes one"})
		return newMapping("")
	case err != nil:
		l.faults = append(l.faults, Fault{"", where, FaultUnreadable, "the file " + name + " cannot be read"})
		return newMapping("")
	}
	l.File = name
	root, faults := readYAML(filepath.Base(name), text)
	l.faults = append(l.faults, faults...)
	return root
}

// readBounded reads a file up to a little more than the largest that is accepted, so that a device cannot fill the memory.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

func environMap(environ []string) map[string]string {
	out := make(map[string]string, len(environ))
	for _, one := range environ {
		if name, value, ok := strings.Cut(one, "="); ok {
			out[name] = value
		}
	}
	return out
}
