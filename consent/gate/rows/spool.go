package rows

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// spoolMemory is how much of a list waits in memory, in bytes; what is more waits in a file.
const spoolMemory = 1 << 20

// spoolPiece is how much is sealed at once, in bytes.
const spoolPiece = 64 << 10

// errSpool: somebody else has written into the file.
var errSpool = errors.New("the list that waited on disk was changed there")

// Spool keeps a list until it is sent, for those who cannot take the first row before they sent the last. Its file has no name any
// more while it is written (on Windows: once it is closed), and holds nothing that can be read or changed: its key
// is this process's alone and was made for this list. The zero value is ready for use; Close it.
type Spool struct {
	head   bytes.Buffer
	file   *os.File
	name   string // of the file, while it has one
	seal   cipher.AEAD
	piece  []byte // what waits to be sealed
	sealed []byte // room for a piece
	n      uint64 // pieces in the file
}

// Write implements io.Writer.
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && s.head.Len()+len(p) <= spoolMemory {
		return s.head.Write(p)
	}
	if s.file == nil {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	for rest := p; len(rest) > 0; {
		take := min(spoolPiece-len(s.piece), len(rest))
		s.piece, rest = append(s.piece, rest[:take]...), rest[take:]
		if len(s.piece) < spoolPiece {
			break
		}
		if err := s.put(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// put seals the piece that waits.
func (s *Spool) put() error {
	s.sealed = s.seal.Seal(s.sealed[:0], s.nonce(s.n), s.piece, nil)
	s.n, s.piece = s.n+1, s.piece[:0]
	_, err := s.file.Write(s.sealed)
	return err
}

// nonce is a piece's number. A key serves one list, so numbers may begin at nothing.
func (s *Spool) nonce(n uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, s.seal.NonceSize()-8), n)
}

func (s *Spool) open() error {
	file, err := os.CreateTemp("", "bohoja-list-*")
	if err != nil {
		return err
	}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	s.file = file
	s.hide(os.Remove)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return err
	}
	s.seal, err = cipher.NewGCM(block)
	return err
}

// hide takes the file's name away. Windows keeps the names of open files: Close takes it there.
func (s *Spool) hide(remove func(string) error) {
	if s.name = s.file.Name(); remove(s.name) == nil {
		s.name = ""
	}
}

// SendTo writes all that was kept, once. Error: errSpool, before anything of the changed piece is written.
func (s *Spool) SendTo(w io.Writer) error {
	if _, err := s.head.WriteTo(w); err != nil || s.file == nil {
		return err
	}
	if err := s.put(); err != nil { // the last piece, which may be empty
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for n := range s.n {
		if err := s.send(w, n); err != nil {
			return err
		}
	}
	return nil
}

// send opens the piece at which the file stands, and writes it.
func (s *Spool) send(w io.Writer, n uint64) error {
	sealed := make([]byte, spoolPiece+s.seal.Overhead())
	have, err := io.ReadFull(s.file, sealed)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	plain, err := s.seal.Open(sealed[:0], s.nonce(n), sealed[:have], nil)
	if err != nil {
		return errSpool
	}
	_, err = w.Write(plain)
	return err
}

// Close implements io.Closer.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}
