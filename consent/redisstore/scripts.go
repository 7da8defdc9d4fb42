package redisstore

import (
	"embed"
	"slices"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

//go:embed lua/*.lua
var sources embed.FS

// steps are the scripts that share lib.lua and the keys of names.step; refund, look and note have no step of their own in the domain.
var steps = []consent.Step{
	consent.StepSignup, consent.StepInvite, consent.StepConfirm, consent.StepTry, stepRefund, consent.StepMisname,
	consent.StepGrant, consent.StepDecline, consent.StepRelease, consent.StepAcknowledge, consent.StepCancel,
	consent.StepExpire, consent.StepLapse, consent.StepWithdraw, consent.StepResend, consent.StepCorrect, consent.StepJoin,
	consent.StepErase, consent.StepOverdue, consent.StepDisclose, consent.StepFade, consent.StepForget, consent.StepReopen,
	stepLook, stepNote, consent.ActRestore, consent.StepFlag, consent.StepUnflag, consent.StepLift,
	consent.StepPause, consent.StepUndo, consent.StepFile, consent.StepRemind, consent.StepProve,
	consent.StepAmend, consent.StepEndorse, consent.StepTold, consent.StepRetract, consent.StepEnact,
	consent.StepAging, consent.StepAgeOut, consent.StepOutdate,
	consent.StepAsk, consent.StepAnswer, consent.StepNudge, consent.StepLate, consent.StepClear,
}

// rightSteps are those that share rights.lua too.
var rightSteps = []consent.Step{
	consent.StepAsk, consent.StepAnswer, consent.StepNudge, consent.StepLate, consent.StepClear,
}

// Steps without a word of their own in the log: look and note are given the act's.
const (
	stepRefund consent.Step = "refund"
	stepLook   consent.Step = "look"
	stepNote   consent.Step = "note"
)

// others are the scripts that stand alone.
var others = []string{"get", "due", "list", "count", "claim", "occupy", "trail", "attempt", leave, "person", "charge", "enter", "visit", "signout", "review",
	"admit", "extend", "draft", "guess", "spare", "fold", "range", "schema",
}

// noted are those of them that leave an entry in the staff's own log.
var noted = []string{"person", "enter", "signout", "review"}

// leave is one of the others, and puts jobs as the steps do: it comes behind the same prelude.
const leave = "leave"

// Scripts are the scripts of all steps by name, for those that look at what goes to the server.
func Scripts() map[string]*script.Script { return scripts() }

// scripts by name. A missing file is a fault of the program and panics at the first New.
func scripts() map[string]*script.Script {
	all := make(map[string]*script.Script, len(steps)+len(others))
	for _, s := range steps {
		prelude := "#!lua\n" + outbox.PutLua + source("ledger") + source("lib")
		if slices.Contains(rightSteps, s) {
			prelude += source("rights")
		}
		all[string(s)] = script.New(string(s), prelude+source(string(s)))
	}
	for _, name := range others {
		text := source(name)
		switch {
		case name == leave:
			text = "#!lua\n" + outbox.PutLua + text
		case slices.Contains(noted, name):
			text = "#!lua\n" + source("ledger") + text
		}
		all[name] = script.New(name, text)
	}
	return all
}

func source(name string) string {
	text, err := sources.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err)
	}
	return string(text)
}
