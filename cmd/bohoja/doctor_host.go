package main

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/mailer"
)

// short is the folder of keys that belong in no backup, as an absolute path where that is known.
func short(s *config.Settings) string {
	dir := filepath.Join(s.Keys.Dir, "short")
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// examineFolders looks at the folders of keys and of the audit log.
func examineFolders(_ context.Context, s *config.Settings) []finding {
	found := examineFolder("keys", s.Keys.Dir)
	for _, inner := range []string{"short", "long"} {
		if dir := filepath.Join(s.Keys.Dir, inner); exists(dir) {
			found = append(found, private("keys", dir)...)
		}
	}
	if len(found) == 0 {
		found = append(found, fine("keys", "leave %s out of every backup; %s belongs in one", short(s), filepath.Join(filepath.Dir(short(s)), "long")))
	}
	audit := examineFolder("audit", s.Audit.Dir)
	if len(audit) == 0 {
		audit = append(audit, fine("audit", "%s can be written", s.Audit.Dir))
	}
	return append(found, audit...)
}

// examineFolder looks whether a folder is private and can be written. One that is not there yet is made by serve.
func examineFolder(check, dir string) []finding {
	if !exists(dir) {
		parent := filepath.Dir(filepath.Clean(dir))
		if !exists(parent) || !writable(parent) {
			return []finding{wrong(check, "%s is not there and cannot be made; make it, owned by the user of serve, mode 0700", dir)}
		}
		return nil
	}
	if !writable(dir) {
		return []finding{wrong(check, "%s cannot be written by this user; chown it to the user of serve", dir)}
	}
	return private(check, dir)
}

// private asks that nobody but the owner may enter.
func private(check, dir string) []finding {
	info, err := os.Stat(dir)
	switch {
	case err != nil || !info.IsDir():
		return []finding{wrong(check, "%s is no folder that can be read", dir)}
	case info.Mode().Perm()&0o077 != 0:
		return []finding{wrong(check, "others may enter %s (mode %#o); chmod 700 %s", dir, info.Mode().Perm(), dir)}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// writable tries it: modes alone do not tell of read-only file systems, quotas and access lists.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return false
	}
	_ = f.Close()
	return os.Remove(f.Name()) == nil
}

// examineMail walks the way of a letter to the mail server, up to the point before one is sent.
func examineMail(ctx context.Context, s *config.Settings) []finding { return mailStages(ctx, s, "") }

// mailStages uses the sender of serve, so what works here works there. With to, the server is also asked to take a letter for it.
func mailStages(ctx context.Context, s *config.Settings, to string) []finding {
	if s.SMTP.URL.Empty() {
		return []finding{wrong("mail", "not looked at: smtp.url (BOHOJA_SMTP__URL) is not set")}
	}
	m, err := mailer.New(mailer.Options{URL: s.SMTP.URL.Reveal(), From: s.SMTP.From, PublicURL: s.PublicURL})
	if err != nil {
		return []finding{wrong("mail", "%v", err)}
	}
	defer m.Close()
	var found []finding
	for _, stage := range m.Check(ctx, to) {
		if stage.Err != nil {
			found = append(found, wrong("mail", "%s", stage))
		} else {
			found = append(found, fine("mail", "%s", stage))
		}
	}
	return found
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
