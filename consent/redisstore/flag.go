package redisstore

import (
	"encoding/binary"
	"strconv"

	"github.com/bohoja/bohoja/consent"
)

// An entry of the gate is eight bytes for offline filters and 19 for each report: two of the last month in which it holds
// (consent.Date.MonthNumber), a letter for its kind and 16 of the id of its source. The entry of a guardian's address has no
// report, but 0xffff, g and the number of living requests. lib.lua reads and writes the same.
//
// The field is the first 14 bytes of the digest: two more would cost sixteen, and 112 bits meet nobody by chance.
const (
	lookSize   = 14
	shortSize  = 8
	reportSize = 2 + 1 + 16
)

// The letters are for ever: the store holds them.
const (
	byRequest  = 'p'
	byHand     = 'm'
	ofGuardian = 'g'
)

// reportLimit is how many reports one identity may have.
const reportLimit = 16

func encodeFlag(f consent.Flag) string {
	letter, prefix := byte(byRequest), consent.PrefixRequest
	if consent.IsID(consent.PrefixFlag, f.Source) {
		letter, prefix = byHand, consent.PrefixFlag
	}
	b := append(make([]byte, 0, shortSize+reportSize), f.Short[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(f.Ends.MonthNumber()))
	source, _ := consent.IDBytes(prefix, f.Source)
	return string(append(append(b, letter), source[:]...))
}

// decodeMark reads an entry. Bytes that no report explains make one without an end: a doubt never permits advertising.
func decodeMark(look, value string) consent.Mark {
	m := consent.Mark{}
	copy(m.Look[:], look)
	copy(m.Short[:], value)
	if len(value) > shortSize+2 && value[shortSize+2] == ofGuardian {
		return m
	}
	rest := value[min(shortSize, len(value)):]
	for ; len(rest) >= reportSize; rest = rest[reportSize:] {
		m.Reports = append(m.Reports, decodeReport(rest[:reportSize]))
	}
	if rest != "" || len(m.Reports) == 0 {
		m.Reports = append(m.Reports, consent.Report{Reason: consent.FlagPolicy, Month: 1<<16 - 1})
	}
	return m
}

func decodeReport(b string) consent.Report {
	r := consent.Report{Reason: consent.FlagPolicy, Month: int(binary.BigEndian.Uint16([]byte(b[:2])))}
	prefix := consent.PrefixFlag
	if b[2] == byRequest {
		r.Reason, prefix = consent.FlagPending, consent.PrefixRequest
	}
	r.Source = consent.IDOf(prefix, [16]byte([]byte(b[3:reportSize])))
	return r
}

// block is what an entry says on a day in the given month.
func block(app, look, value string, month int) consent.Block {
	m := decodeMark(look, value)
	if m.Guardian() {
		return consent.Block{App: app, Reason: consent.GuardianOnly}
	}
	var last *consent.Report
	for i := range m.Reports {
		if r := &m.Reports[i]; r.Month >= month && (last == nil || r.Month > last.Month) {
			last = r
		}
	}
	if last == nil {
		return consent.Block{}
	}
	return consent.Block{App: app, Reason: last.Reason, Source: last.Source}
}

// shorts writes what offline filters learn, one behind the other.
func shorts(flags []consent.Flag, guardians [][8]byte) string {
	b := make([]byte, 0, shortSize*(len(flags)+len(guardians)))
	for _, f := range flags {
		b = append(b, f.Short[:]...)
	}
	for _, g := range guardians {
		b = append(b, g[:]...)
	}
	return string(b)
}

// looks writes digests as fields of the hash.
func looks(all []consent.Digest) []string { return texts(all, lookSize) }

// texts are the first bytes of digests. They share one piece of memory: the gate asks for thousands at once.
func texts(all []consent.Digest, size int) []string {
	whole := make([]byte, 0, len(all)*size)
	for i := range all {
		whole = append(whole, all[i][:size]...)
	}
	text, out := string(whole), make([]string, len(all))
	for i := range out {
		out[i] = text[i*size : (i+1)*size]
	}
	return out
}

func month(d consent.Date) string { return strconv.Itoa(d.MonthNumber()) }
