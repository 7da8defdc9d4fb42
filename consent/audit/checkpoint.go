package audit

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin is the first line of a checkpoint and the name of its keys.
const Origin = "bohoja-audit"

// Checkpoint is a signed tree head: so many entries, this root, and each app's last number, at this time. Its form is that
// of C2SP tlog-checkpoint, with the time and the numbers in extension lines.
type Checkpoint struct {
	Size  int64
	Root  tlog.Hash
	Time  time.Time
	Heads map[string]int64
}

// text is what is signed.
func (c Checkpoint) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\ntime %s\n", Origin, c.Size, c.Root, c.Time.UTC().Format(time.RFC3339))
	for _, app := range slices.Sorted(maps.Keys(c.Heads)) {
		fmt.Fprintf(&b, "head %s %d\n", app, c.Heads[app])
	}
	return b.String()
}

var errCheckpoint = errors.New("not a checkpoint")

// parseCheckpoint reads the text of a note whose signature was checked.
func parseCheckpoint(text string) (Checkpoint, error) {
	c := Checkpoint{Heads: map[string]int64{}}
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(rows) < 4 || rows[0] != Origin {
		return c, errCheckpoint
	}
	size, err1 := strconv.ParseInt(rows[1], 10, 64)
	root, err2 := tlog.ParseHash(rows[2])
	at, err3 := time.Parse("time "+time.RFC3339, rows[3])
	if errors.Join(err1, err2, err3) != nil || size < 0 {
		return c, errCheckpoint
	}
	c.Size, c.Root, c.Time = size, root, at
	for _, row := range rows[4:] {
		word := strings.Fields(row)
		if len(word) != 3 || word[0] != "head" {
			return c, errCheckpoint
		}
		n, err := strconv.ParseInt(word[2], 10, 64)
		if err != nil {
			return c, errCheckpoint
		}
		c.Heads[word[1]] = n
	}
	return c, nil
}

// checkpoints reads the file of checkpoints: each line is a note as a JSON text. faults tells of lines that are none, or
// that no known key signed. A line without an end is one that is being written.
func (f Files) checkpoints(keys note.Verifiers) (all []Checkpoint, faults []string, err error) {
	file, err := os.Open(filepath.Join(f.Dir, checkpointsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	n := 0
	err = lines(bufio.NewReaderSize(file, maxLine), checkpointsName, func(line []byte) error {
		n++
		c, err := openCheckpoint(line, keys)
		if err != nil {
			faults = append(faults, fmt.Sprintf("line %d: %v", n, err))
			return nil
		}
		all = append(all, c)
		return nil
	})
	if errors.Is(err, errTorn) {
		err = nil
	}
	return all, faults, err
}

func openCheckpoint(line []byte, keys note.Verifiers) (Checkpoint, error) {
	var text string
	if err := json.Unmarshal(line, &text); err != nil {
		return Checkpoint{}, errCheckpoint
	}
	n, err := note.Open([]byte(text), keys)
	if err != nil {
		return Checkpoint{}, errors.New("signed by no key that is known")
	}
	return parseCheckpoint(n.Text)
}

// NewSigner makes the signer of checkpoints from an Ed25519 seed of 32 bytes, and the text of its public key.
func NewSigner(seed []byte) (note.Signer, string, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", errors.New("audit: a key of 32 bytes is required")
	}
	public, _ := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(Origin, public)
	if err != nil {
		return nil, "", err
	}
	hash := strings.Split(verifier, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)) // 1: Ed25519, as note writes it
	signer, err := note.NewSigner("PRIVATE+KEY+" + Origin + "+" + hash + "+" + secret)
	return signer, verifier, err
}

// Verifiers reads public keys as NewSigner writes them.
func Verifiers(texts ...string) (note.Verifiers, error) {
	var all []note.Verifier
	for _, text := range texts {
		v, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("not the public key of an audit log: %w", err)
		}
		all = append(all, v)
	}
	return note.VerifierList(all...), nil
}

// Verifier is the public key that lies in the folder, "" when there is none.
func (f Files) Verifier() (string, error) {
	text, err := os.ReadFile(filepath.Join(f.Dir, verifierName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}
