package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds the YAML file in bytes: a hundred apps with all their texts need a tenth of it.
const maxFile = 4 << 20

// reader turns the parts of one YAML file into nodes.
type reader struct {
	name   string
	faults Faults
}

// readYAML reads a file's text. What cannot be read is a fault; the rest is still returned, so that all faults are told.
func readYAML(name string, text []byte) (*node, Faults) {
	r := &reader{name: name}
	if len(text) > maxFile {
		r.fault("", name, "the file is larger than 4 MiB")
		return newMapping(name), r.faults
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.syntax(err)
		return newMapping(name), r.faults
	}
	return r.document(file), r.faults
}

func (r *reader) document(file *ast.File) *node {
	root := newMapping(r.name)
	for i, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			if i > 0 {
				r.fault("", r.at(body), "the file holds a second document (---); write one")
				continue
			}
			root = r.mapping("", body)
		default:
			r.fault("", r.at(body), "write settings as name: value")
		}
	}
	return root
}

// syntax tells where the file stops being YAML. Of the parser's message everything from the first quotation on is left
// out, since it may be a part of a secret; only the name of a repeated key is no value.
func (r *reader) syntax(err error) {
	where, detail := r.name, "this is not YAML"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		detail = unquoted(e.GetMessage())
		if t := e.GetToken(); t != nil && t.Position != nil {
			where = fmt.Sprintf("%s:%d", r.name, t.Position.Line)
		}
	}
	r.fault("", where, detail)
}

func unquoted(message string) string {
	if strings.HasPrefix(message, "mapping key ") {
		return message
	}
	plain, _, _ := strings.Cut(message, `"`)
	return strings.TrimRight(plain, ": ")
}

func (r *reader) fault(setting, where, detail string) {
	r.faults = append(r.faults, Fault{Setting: setting, Where: where, Code: FaultUnreadable, Detail: detail})
}

func (r *reader) at(n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d", r.name, t.Position.Line)
	}
	return r.name
}

func (r *reader) mapping(path string, m *ast.MappingNode) *node {
	out := newMapping(r.at(m))
	for _, v := range m.Values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			r.fault(path, r.at(v), "merge keys (<<) are not read; write the values out")
			continue
		}
		name := v.Key.GetToken().Value
		out.fields[name] = r.value(join(path, name), v.Value)
	}
	return out
}

func (r *reader) value(path string, n ast.Node) *node {
	where := r.at(n)
	switch n := n.(type) {
	case *ast.MappingNode:
		return r.mapping(path, n)
	case *ast.SequenceNode:
		out := &node{shape: list, where: where}
		for i, item := range n.Values {
			out.items = append(out.items, r.value(fmt.Sprintf("%s[%d]", path, i), item))
		}
		return out
	case *ast.LiteralNode:
		return &node{shape: scalar, where: where, text: strings.TrimRight(n.Value.Value, "\n")}
	case *ast.NullNode:
		return &node{where: where}
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{shape: scalar, where: where, text: n.GetToken().Value}
	}
	r.fault(path, where, "anchors, aliases and tags are not read; write the value out")
	return &node{where: where}
}

// join appends a name to a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
