package main

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/bohoja/bohoja/handlers/api"
)

func TestAppsList(t *testing.T) {
	t.Parallel()
	file := withKeys(t)
	rows := read[[]appRow](t, call(t, nil, "apps", "list", "--config", file, "--json"))
	if len(rows) != 1 || rows[0].ID != "shop" || len(rows[0].Keys) != 3 || !slices.Equal(rows[0].Keys[1].Scopes, []string{"requests"}) || rows[0].Terms == "" {
		t.Errorf("got %+v", rows)
	}
	call(t, nil, "apps", "list", "--config", file).want(t, exitFine, "shop", "k1,k2,k3", "account,delivery")
	call(t, nil, "apps", "list", "--config", example(t, "id: account", "id: ''")).want(t, exitUsage, "apps[0].purposes[0].id")
}

// TestKeyNew: the key has 160 random bits, its line has its digest, and the line put into the file passes the check.
func TestKeyNew(t *testing.T) {
	t.Parallel()
	file := example(t)
	k := read[madeKey](t, call(t, nil, "apps", "key", "new", "shop", "--config", file, "--json", "--scopes", "requests,rights"))
	text, ok := strings.CutPrefix(k.Key, "bhj_live_sk_")
	raw, err := base32.StdEncoding.DecodeString(strings.ToUpper(text))
	if !ok || err != nil || len(raw)*8 < 160 {
		t.Errorf("%d bits, %v", len(raw)*8, err)
	}
	sum := sha256.Sum256([]byte(k.Key))
	if k.SHA256 != hex.EncodeToString(sum[:]) || k.ID != "k1" || !slices.Equal(k.Scopes, []string{"requests", "rights"}) {
		t.Errorf("got %+v", k)
	}
	put := example(t, "    keys: [] ", "    keys:\n      "+k.YAML+" ")
	call(t, nil, "config", "check", "--config", put).want(t, exitFine)
	if rows := read[[]appRow](t, call(t, nil, "apps", "list", "--config", put, "--json")); len(rows[0].Keys) != 1 {
		t.Errorf("got %+v", rows)
	}
}

func TestKeyNewVariants(t *testing.T) {
	t.Parallel()
	file := withKeys(t)
	o := call(t, nil, "apps", "key", "new", "shop", "--test", "--config", file)
	o.want(t, exitFine, "shown only now", "- {id: k4, ", "scopes: [requests, release, events]}")
	key, _, _ := strings.Cut(o.out, "\n")
	if !strings.HasPrefix(key, "bhj_test_sk_") || !strings.HasPrefix(key, api.TestPrefix) || strings.HasPrefix(liveKey, api.TestPrefix) {
		t.Errorf("the API would not know a test key by its prefix: %.12s", key)
	}
	if strings.Contains(o.err, key) || strings.Count(o.out, key) != 1 {
		t.Error("the key is shown more than once")
	}
	call(t, nil, "apps", "key", "new", "shop", "--id", "mobile", "--config", file).want(t, exitFine, "id: mobile")
	call(t, nil, "apps", "key", "new", "shp", "--config", file).want(t, exitUsage, `no app has the id "shp"; declared are shop`)
	call(t, nil, "apps", "key", "new", "shop", "--scopes", "all", "--config", file).want(t, exitUsage, `"all" is none; there are requests`)
	call(t, nil, "apps", "key", "new", "shop", "--scopes", "", "--config", file).want(t, exitUsage, "at least one")
	if one, other := newKey(liveKey), newKey(liveKey); one == other {
		t.Error("two keys are the same")
	}
	// A file with a fault elsewhere does not stand in the way of a new key.
	call(t, nil, "apps", "key", "new", "shop", "--config", example(t, "profile: KR", "profile: XX\nnonsense: 1")).want(t, exitFine)
}

// TestKeyRevoke: the key's lines go, every other line stays as it was.
func TestKeyRevoke(t *testing.T) {
	t.Parallel()
	file := withKeys(t)
	before, _ := os.ReadFile(file)
	call(t, nil, "apps", "key", "revoke", "shop", "k9", "--config", file).want(t, exitUsage, `no key "k9"`)
	server := miniredis.RunT(t)
	there, away := []string{"BOHOJA_REDIS__URL=redis://" + server.Addr()}, []string{"BOHOJA_REDIS__URL=redis://127.0.0.1:1"}
	for i, id := range []string{"k2", "k1", "k3"} {
		switch i {
		case 0:
			call(t, there, "apps", "key", "revoke", "shop", id, "--config", file).want(t, exitFine, "on every serve")
		default: // without Redis the file is changed all the same
			call(t, away, "apps", "key", "revoke", "shop", id, "--config", file).want(t, exitFailed, "apps reload")
		}
		call(t, nil, "apps", "key", "revoke", "shop", id, "--config", file).want(t, exitUsage, "no key")
		call(t, nil, "config", "check", "--config", file).want(t, exitFine)
	}
	if dead, err := server.Members("b:revoked"); err != nil || !slices.Equal(dead, []string{strings.Repeat("b", 64)}) {
		t.Errorf("revoked are %v, %v", dead, err)
	}
	after, _ := os.ReadFile(file)
	var kept []string
	for line := range strings.Lines(string(before)) {
		if (!strings.Contains(line, "sha256") || strings.Contains(line, "plain_sha256")) && !strings.Contains(line, "id: k2") && !strings.Contains(line, "        scopes: [requests]\n") {
			kept = append(kept, line)
		}
	}
	if string(after) != strings.Join(kept, "") {
		t.Errorf("other lines were changed:\n%s", after)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode was changed: %v, %v", info.Mode(), err)
	}
}

// reloadServer is an ops listener that answers POST /reload.
func reloadServer(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/reload" || r.Header.Get("Origin") != "" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return "BOHOJA_OPS_LISTEN=" + s.Listener.Addr().String()
}

func TestAppsReload(t *testing.T) {
	t.Parallel()
	file := example(t)
	reload := func(status int, body string, more ...string) outcome {
		return call(t, []string{reloadServer(t, status, body), "BOHOJA_CONFIG=" + file}, append([]string{"apps", "reload"}, more...)...)
	}
	reload(http.StatusNoContent, "").want(t, exitFine, "in force")
	reload(http.StatusNoContent, "", "--json").want(t, exitFine, `"reloaded": true`)
	reload(http.StatusUnprocessableEntity, `{"detail":"nothing was changed; see errors","errors":[{"detail":"apps[0].id: wrong"}]}`).
		want(t, exitUsage, "nothing was changed", "apps[0].id: wrong")
	reload(http.StatusForbidden, `{"detail":"only this host"}`).want(t, exitFailed, "only this host")
	reload(http.StatusBadGateway, `<html>`).want(t, exitFailed, "502")
	call(t, []string{"BOHOJA_OPS_LISTEN=127.0.0.1:1", "BOHOJA_CONFIG=" + file}, "apps", "reload").want(t, exitFailed, "no serve answers")
}
