# Two commands for everybody: make run, make test. The longer suites have targets of their own; make all runs them all.
SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# What ends up in the binary: no paths of the machine that built it.
BUILD := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
# Packages whose goroutines meet; the race detector costs too much time to run on every page of text.
RACED := ./consent/... ./mailer/... ./handlers/... ./cmd/...

.PHONY: run first build test unit race browser lint proof proof-long fuzz model mutants soak pages look outside bench bench-gate bench-board all need-go tools clean

## run: build and start `bohoja dev`: nothing to install, nothing to set; DEV="--listen 127.0.0.1:8090" elsewhere
DEV ?=
run: need-go
	@echo "Building; the first time this takes a minute or two …"
	@$(GO) build $(BUILD) -o bohoja ./cmd/bohoja
	@./bohoja dev $(DEV)

## first: the README's first steps, from git clone to the first granted consent, with their times
first: need-go
	@.ci/first

## build: the one static binary
build: need-go
	CGO_ENABLED=0 $(GO) build $(BUILD) -o bohoja ./cmd/bohoja

need-go:
	@command -v $(GO) >/dev/null || { \
	  echo "Go 1.26 is not installed (https://go.dev/dl/)."; \
	  echo "Without Go: docker compose up, then open http://localhost:8080/docs and http://localhost:8025/ (the letters)"; exit 1; }

## test: unit, conformance, journeys and one browser walk; installs redis-server and chromium where it can
test: need-go tools
	$(GO) vet ./...
	$(GO) test -race -timeout 15m ./...

tools:
	@.ci/tools

## lint: golangci-lint by .golangci.yml, fetched at its pinned version; and whether Windows would build it all
lint: need-go
	GOOS=windows $(GO) vet ./...
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run

## proof: crash, model and mutation suites and all that race, part by part, with a table of their figures; the short form (PARTS="redis cluster": some)
proof: need-go
	@.ci/tools proof
	@GO="$(GO)" .ci/proof $(PARTS)

## proof-long: the crash suites for as long as it takes to acknowledge a million; by hand, an hour or less
proof-long: need-go
	@.ci/tools proof
	@mkdir -p .out && rm -f .out/figures
	TMPDIR=$${TMPDIR:-$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)} BOHOJA_PROOF=long BOHOJA_PROOF_FIGURES=$(CURDIR)/.out/figures \
	  $(GO) test -tags proof -count 1 -v -timeout 3h -p 1 -run 'Killed|Power|Trouble|Failover|FailPoints|Dropped|CutAlone|Weather|Outage|OnCluster|OnTLS|KeySets|TestUpgrade' ./consent/proof ./cmd/bohoja \
	  | grep -E '^(ok|FAIL|panic|--- )|_test.go:[0-9]+: |^ +--- FAIL'
	@.ci/figures .out/figures

## soak: serve works for SOAK; what it needs at the end is held against what it needed once warm, and printed. By hand, an hour
SOAK ?= 60m
soak: need-go
	TMPDIR=$${TMPDIR:-$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)} BOHOJA_SOAK=$(SOAK) \
	  $(GO) test -tags proof -count 1 -v -timeout 3h -run '^TestSoak$$' ./cmd/bohoja | grep -E '^(ok|FAIL|panic|--- )|proof_soak_test.go:|^ +--- FAIL'

## fuzz: each fuzzer in turn for FUZZTIME; what fails is written to testdata/fuzz and from then on a seed of `make test` (FUZZ=name: some)
FUZZTIME ?= 10s
FUZZ ?= .
fuzz: need-go
	@GO="$(GO)" .ci/fuzz $(FUZZTIME) '$(FUZZ)'

## model: STEPS steps at random over a real Redis, each held against a model without a store; by hand, half an hour
STEPS ?= 1000000
model: need-go
	TMPDIR=$${TMPDIR:-$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)} BOHOJA_MODEL_STEPS=$(STEPS) \
	  $(GO) test -tags proof -count 1 -v -timeout 3h -run '^TestModel$$' ./consent | grep -E '^(ok|FAIL|panic)|as the model says|never:|failed|reproduce|draw'

## mutants: takes every guard of the list out, one after the other; each must be seen by a suite. By hand, half an hour
mutants: need-go
	BOHOJA_MUTANTS=all $(GO) test -tags proof -count 1 -v -timeout 3h -run '^TestMutants$$' ./cmd/bohoja \
	  | grep -E '^(ok|FAIL|panic)|taken out|^ +--- FAIL|stays green|could not be run'

## pages: every page and letter in every state, and the element; axe at 390 px in light, in all modes with PAGES=-axe-all; TypeScript types
PAGES ?=
pages: need-go tools
	@.ci/tools pages
	$(GO) test -tags pages -count 1 -timeout 90m ./templates/... $(PAGES)
	$(GO) test -tags pages -count 1 -timeout 10m -run 'TestAxe|TestTypeScript' ./handlers/embed ./handlers/api ./handlers/ops

## look: screenshots of every page and letter, a contact sheet of them all, and sheets on which they can be read, in .out/look
look: need-go tools
	@mkdir -p .out/look
	$(GO) test -count 1 -timeout 60m ./templates -run 'TestLook' -look $(CURDIR)/.out/look

## outside: against nginx, Postfix, Prometheus and a Redis Cluster of this host, as root; a line of figures for each
outside: need-go
	@.ci/tools outside
	cd cmd/bohoja && $(GO) test -tags outside -count 1 -timeout 6m -run '^TestOutside(Alerts)?$$'

## bench: allocations and times of the hot paths
bench: need-go
	$(GO) test -run '^$$' -bench . -benchmem ./consent/... ./mailer/... ./handlers/... ./templates/...

## bench-gate: figures of the marketing gate; GATE="-identities 10000000 -rows 10000000" for the long form
GATE ?=
bench-gate: need-go tools
	$(GO) test -tags bench -count 1 -timeout 60m -v -run '^TestGateFigures$$' ./handlers/api $(if $(GATE),-args $(GATE)) | grep -E 'gate_figures_test|^(ok|FAIL|panic)'

## bench-board: how long the staff pages take with a million requests waiting; BOARD="-pending 100000 -filling 5m" for less
BOARD ?=
bench-board: need-go tools
	TMPDIR=$${TMPDIR:-$$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)} \
	  $(GO) test -tags bench -count 1 -timeout 60m -v -run '^TestBoardFigures$$' ./handlers/ops $(if $(BOARD),-args $(BOARD)) | grep -E 'board_figures_test|^(ok|FAIL|panic)'

## all: everything; runs before a change is called done
all: test lint pages proof outside bench

clean:
	rm -rf bohoja demoshop .out
