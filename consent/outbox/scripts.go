package outbox

import (
	_ "embed"

	"github.com/bohoja/bohoja/consent/redisstore/script"
)

var (
	//go:embed common.lua
	commonLua string
	//go:embed claim.lua
	claimLua string
	//go:embed done.lua
	doneLua string
	//go:embed retry.lua
	retryLua string
	//go:embed bury.lua
	buryLua string
	//go:embed revive.lua
	reviveLua string
	//go:embed drop.lua
	dropLua string
)

// scripts are the outbox's own; the one that puts a job is in the scripts of the steps.
type scripts struct{ claim, done, retry, bury, revive, drop *script.Script }

func newScripts() scripts {
	with := func(name, body string) *script.Script {
		return script.New("outbox."+name, "#!lua\n"+PutLua+commonLua+body)
	}
	return scripts{
		claim: with("claim", claimLua), done: with("done", doneLua), retry: with("retry", retryLua),
		bury: with("bury", buryLua), revive: with("revive", reviveLua), drop: with("drop", dropLua),
	}
}

// Scripts are the outbox's scripts by name, for those that look at what goes to the server.
func Scripts() map[string]*script.Script {
	s := newScripts()
	all := map[string]*script.Script{}
	for _, one := range []*script.Script{s.claim, s.done, s.retry, s.bury, s.revive, s.drop} {
		all[one.Name()] = one
	}
	return all
}
