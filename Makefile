# Selvedge. `make` prints the targets.
#
# Everything runs on what the machine has: Go, and a PostgreSQL that the tests
# and the demo start themselves. Docker is never needed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# One set of flags for whatever is built or checked: with two of them, all that the dev
# server and we have in common is compiled twice. The race detector alone needs cgo.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath -buildvcs=false $(GOFLAGS)

LINT := go tool -modfile=internal/tools/lint/go.mod
# Modules of the repository besides the main one.
MODULES := deploy/devserver internal/tools/gen internal/tools/lint

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: devserver build ## run the sample day: ORDERS, SEED, WEATHER, DATA; EXIT=1 ends by itself
	@.ci/deps demo
	.build/starter demo $(if $(ORDERS),--orders '$(ORDERS)') $(if $(SEED),--seed '$(SEED)') \
	  $(if $(WEATHER),--weather '$(WEATHER)') $(if $(DATA),--data '$(DATA)') \
	  $(if $(filter-out 0,$(EXIT)),--exit) $(if $(JSON),--json '$(JSON)')

# Vetted as a whole, as in lint, and not once more with the race detector's flags; what
# only a debugger reads is not linked. All that the tests share is compiled before the
# first of them begins: they have time limits, and a compiler takes every core it gets.
.PHONY: test
test: deps ## run every test on real Temporal and PostgreSQL
	@$(MAKE) --no-print-directory devserver
	go vet ./...
	CGO_ENABLED=1 go build -race $$(go list -f '{{if ne .Name "main"}}{{.ImportPath}}{{end}}' ./...)
	go run ./internal/devpg/cmd/with-postgres -- env CGO_ENABLED=1 go test -race -vet=off -ldflags='-s -w' -count=1 -timeout 15m ./...
	go -C deploy/devserver test -vet=off -ldflags='-s -w' -count=1 ./...

.PHONY: lint
lint: ## check form, known mistakes, determinism of workflows and tidiness of all modules
	go vet ./...
	$(LINT) staticcheck ./...
	@unformatted=$$($(LINT) gofumpt -l .); \
	  if [ -n "$$unformatted" ]; then echo "not formatted, run '$(LINT) gofumpt -w' on:"; echo "$$unformatted"; exit 1; fi
	@if [ -n "$$(go list ./workflows/... 2>/dev/null)" ]; then $(LINT) workflowcheck ./workflows/...; fi
	go mod tidy -diff
	@for module in $(MODULES); do echo "go -C $$module mod tidy -diff"; go -C $$module mod tidy -diff; done
	go -C deploy/devserver vet ./...

.PHONY: replay
replay: ## replay recorded histories against the workflows
	go test -count=1 -run Replay ./workflows/...

.PHONY: chaos
chaos: devserver build ## a stormy day in which everything is killed, then judged: CHAOS_ORDERS, CHAOS_SEED, CHAOS_MINUTES
	@.ci/deps demo
	go run ./internal/chaos

.PHONY: fuzz
fuzz: ## throw odd input at everything that reads outside bytes: FUZZTIME, 30s each
	@.ci/fuzz

.PHONY: mutants
mutants: devserver ## break the product on purpose, one way after the other, and see the judge tell each
	@.ci/deps demo
	go run ./internal/chaos mutants

.PHONY: bench
bench: devserver build ## print one table of figures beside their floors: BENCH_ROWS, BENCH_ORDERS, BENCH_OPEN
	@.ci/deps demo
	go run ./internal/bench

.PHONY: generate
generate: ## generate code from the schemas of the outside systems
	go generate ./...

.PHONY: deps
deps: ## install what is missing where that is possible, else print the commands
	@.ci/deps test

.PHONY: devserver
devserver: ## build the Temporal server with its Web UI (five minutes the first time)
	go run ./internal/devtemporal/cmd/devserver-build

.PHONY: build
build: ## build worker and starter into .build
	go build -o .build/ ./worker ./starter

.PHONY: clean
clean: ## remove what was built
	rm -rf .build
