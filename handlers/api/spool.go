package api

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
)

// spoolMemory is how much of a list waits in memory, in bytes; what is more waits in a file.
const spoolMemory = 1 << 20

// throughProxy tells whether a proxy stands between. Proxies such as nginx hand on no more of a request once its answer has begun, so
// a list that came through one is answered when all of it is here.
func throughProxy(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// spool keeps a list until it is sent. Its file has no name any more while it is written, and holds nothing that can be read: its key
// is this process's alone and was made for this list. The zero value is ready for use; Close it.
type spool struct {
	head bytes.Buffer
	file *os.File
	key  [32]byte
	seal cipher.Stream
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
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

func (s *spool) open() error {
	file, err := os.CreateTemp("", "bohoja-list-*")
	if err != nil {
		return err
	}
	if err := os.Remove(file.Name()); err != nil {
		return errors.Join(err, file.Close())
	}
	_, _ = rand.Read(s.key[:]) // never fails
	s.file = file
	s.seal, err = s.stream()
	return err
}

// stream begins the key stream anew. A key serves one list, so its counter may begin at nothing.
func (s *spool) stream() (cipher.Stream, error) {
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewCTR(block, make([]byte, aes.BlockSize)), nil //nolint:gosec // G407: the key is new for each list
}

// sendTo writes all that was kept, once.
func (s *spool) sendTo(w io.Writer) error {
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
func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
