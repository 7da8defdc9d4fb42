package link

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// Rows of keys in the folder of long-lived keys. Each key is a file of its own ("link-1", "link-2" …) with a random id, so
// that a live and a test space, or two installations, never take a link of the other for theirs.
const (
	rowLink    = "link"
	rowReceipt = "receipt"
)

// longFolder is the folder of long-lived keys, shared with consent/seal.
const longFolder = "long"

// Options says for whom tokens are made.
type Options struct {
	// Issuer is written into every token and required of it. It should outlive a change of the public address, since links
	// live for 400 days, and be short, since it lengthens every link.
	Issuer string
	// Clock dates new keys and says which receipt key serves. nil: the host's clock.
	Clock consent.Clock
}

// openRow opens the row of this name under dir, the folder that holds long/, and makes its first key when there is none.
func openRow(dir, name string, opt *Options) (*keyfile.Row, error) {
	if opt.Issuer == "" {
		return nil, errors.New("link: an issuer is required")
	}
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	folder, err := keyfile.OpenFolder(filepath.Join(dir, longFolder))
	if err != nil {
		return nil, err
	}
	row, _, err := keyfile.OpenRow(folder, name, opt.Clock())
	return row, err
}
