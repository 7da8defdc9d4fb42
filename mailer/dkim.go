package mailer

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/wneessen/go-mail"
)

// dkimBits is the length of a DKIM key: each receiver can check it, and its record fits a DNS answer (RFC 8301). Ed25519
// would be shorter, and large receivers do not check it yet.
const dkimBits = 2048

// dkimSettle is how long a signature counts: receivers check within minutes, and a mail server tries for five days.
const dkimSettle = 14 * 24 * time.Hour

// selectorForm keeps a selector to one label of a DNS name, and so to a file name.
var selectorForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// DKIM is a key that signs letters (RFC 6376). It prints as its selector.
type DKIM struct {
	selector string
	key      *rsa.PrivateKey
}

// ValidSelector reports whether text can be a selector.
func ValidSelector(text string) bool { return selectorForm.MatchString(text) }

// dkimFile is where the key of a selector lies under the folder of keys: among those that belong in a backup.
func dkimFile(dir, selector string) string {
	return filepath.Join(dir, "long", "dkim-"+selector+".pem")
}

// ReadDKIM reads the key of a selector; nil when there is none. The error names the file and never quotes it.
func ReadDKIM(dir, selector string) (*DKIM, error) {
	if !ValidSelector(selector) {
		return nil, errors.New("smtp.dkim_selector: write one label of a DNS name, such as bohoja")
	}
	name := dkimFile(dir, selector)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // the contract: no key, no signature
	}
	if err != nil {
		return nil, fmt.Errorf("the DKIM key %s cannot be read by this user", name)
	}
	key, err := mail.PrivKeyFromPEM(text)
	signer, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s holds no RSA key in PEM", name)
	}
	return &DKIM{selector, signer}, nil
}

// MakeDKIM makes the key of a selector, durably, unless there is one, and returns the one that stands. made tells whether
// this call made it. Error: a folder that cannot be written.
func MakeDKIM(dir, selector string) (d *DKIM, made bool, err error) {
	if d, err = ReadDKIM(dir, selector); d != nil || err != nil {
		return d, false, err
	}
	key, err := rsa.GenerateKey(rand.Reader, dkimBits)
	if err != nil {
		return nil, false, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, false, err
	}
	err = writeKey(dkimFile(dir, selector), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, err
	}
	d, readErr := ReadDKIM(dir, selector) // another process may have been first
	return d, err == nil, readErr
}

// writeKey writes a file whole or not at all, and over nothing.
func writeKey(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".making-*")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written by this user", filepath.Dir(name))
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// DKIMName is where receivers look for the key of a selector.
func DKIMName(selector, domain string) string { return selector + "._domainkey." + domain }

// Record is the text of the TXT record by which receivers check signatures.
func (d *DKIM) Record() string {
	public, err := x509.MarshalPKIXPublicKey(&d.key.PublicKey)
	if err != nil {
		return "" // never, for RSA
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
}

// String is the selector.
func (d *DKIM) String() string { return d.selector }

// GoString keeps the key from %#v.
func (d *DKIM) GoString() string { return d.selector }

// signed are the headers that a signature covers, as far as a letter has them. Those that people see are named twice, so
// that none can be added.
var signed = []string{
	"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Language",
	"Auto-Submitted", "From", "To", "Reply-To", "Subject",
}

// sign returns the letter with its signature before it. go-mail could sign, too; it folds a list of headers this long in a
// way that breaks its own signature (v0.8.1).
func (d *DKIM) sign(letter []byte, domain string, now time.Time) ([]byte, error) {
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(letter), &dkim.SignOptions{
		Domain: domain, Selector: d.selector, Signer: d.key, Hash: crypto.SHA256, HeaderKeys: signed, Expiration: now.Add(dkimSettle),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	return out.Bytes(), err
}

// SignDomain is the domain in signatures of letters from a sender: the given one, or, when that is "", the sender's. Error:
// the sender is no address.
func SignDomain(from, given string) (string, error) {
	a, err := parseSender(from)
	if err != nil {
		return "", err
	}
	return strings.ToLower(cmp.Or(given, domainOf(a.Address))), nil
}
