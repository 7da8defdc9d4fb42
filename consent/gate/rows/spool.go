package rows

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"os"
)

// spoolMemory is how much of a list waits in memory, in bytes; what is more waits in a file.
const spoolMemory = 1 << 20

// Spool keeps a list until it is sent, for those who cannot take the first row before they sent the last. Its file has no name any
// more while it is written (on Windows: once it is closed), and holds nothing that can be read: its key
// is this process's alone and was made for this list. The zero value is ready for use; Close it.
type Spool struct {
	head bytes.Buffer
	file *os.File
	name string // of the file, while it has one
	key  [32]byte
	seal cipher.Stream
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
	sealed := make([]byte, len(p))
	s.seal.XORKeyStream(sealed, p)
	return s.file.Write(sealed)
}

func (s *Spool) open() error {
	file, err := os.CreateTemp("", "bohoja-list-*")
	if err != nil {
		return err
	}
	_, _ = rand.Read(s.key[:]) // never fails
	s.file = file
	s.hide(os.Remove)
	s.seal, err = s.stream()
	return err
}

// hide takes the file's name away. Windows keeps the names of open files: Close takes it there.
func (s *Spool) hide(remove func(string) error) {
	if s.name = s.file.Name(); remove(s.name) == nil {
		s.name = ""
	}
}

// stream begins the key stream anew. A key serves one list, so its counter may begin at nothing.
func (s *Spool) stream() (cipher.Stream, error) {
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewCTR(block, make([]byte, aes.BlockSize)), nil //nolint:gosec // G407: the key is new for each list
}

// SendTo writes all that was kept, once.
func (s *Spool) SendTo(w io.Writer) error {
	if _, err := s.head.WriteTo(w); err != nil || s.file == nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	seal, err := s.stream()
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(onlyWriter{w}, cipher.StreamReader{S: seal, R: s.file}, make([]byte, 64<<10))
	return err
}

// onlyWriter hides what else a writer can, so that copying takes the buffer that it is given.
type onlyWriter struct{ io.Writer }

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
